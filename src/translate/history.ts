/** A thread's messages as input items of a Responses request (§4.3). */
import type { Responses } from 'openai/resources/responses/responses';
import type { Annotation, Message, MessageContent } from '../assistants/types.ts';
import type { Profile } from '../upstream/profile.ts';

type InputItem = Responses.ResponseInputItem;
type InputContent = Responses.ResponseInputContent;

/** Data URLs of files that the upstream does not know, by file id. */
export type InlineImages = Record<string, string>;

/** Oldest first, as they came. Messages in which nothing is left to say are skipped. */
export function historyItems(
  messages: Message[],
  profile: Pick<Profile, 'plainAssistantText' | 'imageFileIds' | 'containers'>,
  inlineImages: InlineImages = {},
): InputItem[] {
  return messages.flatMap((message) => {
    const item =
      message.role === 'assistant'
        ? assistantItem(message, profile)
        : userItem(message, profile, inlineImages);
    return item ? [item] : [];
  });
}

function userItem(
  message: Message,
  { imageFileIds, containers }: Pick<Profile, 'imageFileIds' | 'containers'>,
  inlineImages: InlineImages,
): InputItem | undefined {
  const content = message.content.flatMap((part) => userContent(part, imageFileIds, inlineImages));
  if (!containers) content.push(...unreadable(message));
  return content.length > 0 ? { role: 'user', content } : undefined;
}

/** Files for a code interpreter that cannot be given any: the model should not answer as if there had been none. */
function unreadable({ attachments }: Message): InputContent[] {
  const files = (attachments ?? []).filter(({ tools }) =>
    tools?.some(({ type }) => type === 'code_interpreter'),
  );
  return files.map(({ file_id }) => ({ type: 'input_text', text: `[File ${file_id} cannot be read here.]` }));
}

function userContent(
  part: MessageContent,
  imageFileIds: boolean,
  inlineImages: InlineImages,
): InputContent[] {
  switch (part.type) {
    case 'text':
      return part.text.value ? [{ type: 'input_text', text: part.text.value }] : [];
    case 'image_url':
      return [
        { type: 'input_image', image_url: part.image_url.url, detail: part.image_url.detail ?? 'auto' },
      ];
    case 'image_file': {
      const { file_id, detail = 'auto' } = part.image_file;
      if (Object.hasOwn(inlineImages, file_id)) {
        return [{ type: 'input_image', image_url: inlineImages[file_id], detail }];
      }
      if (imageFileIds) return [{ type: 'input_image', file_id, detail }];
      // The model should not answer as if there had been no picture.
      return [{ type: 'input_text', text: `[Image ${file_id} cannot be shown to this model.]` }];
    }
    default:
      return [];
  }
}

/** Pictures in assistant messages have no place in the assistant role and are left out (§4.3). */
function assistantItem(
  message: Message,
  profile: Pick<Profile, 'plainAssistantText'>,
): InputItem | undefined {
  const content = message.content.flatMap(assistantContent);
  if (content.length === 0) return undefined;
  if (profile.plainAssistantText) {
    // Servers that check input against the SDK's types refuse output_text without an id; a plain string they all take.
    const words = content.map((part) => (part.type === 'output_text' ? part.text : part.refusal));
    return { role: 'assistant', content: words.join('\n') };
  }
  // The SDK's type wants the id of a stored item; the API takes messages without one.
  return { type: 'message', role: 'assistant', content } as unknown as InputItem;
}

function assistantContent(
  part: MessageContent,
): Array<Responses.ResponseOutputText | Responses.ResponseOutputRefusal> {
  if (part.type === 'refusal') return part.refusal ? [{ type: 'refusal', refusal: part.refusal }] : [];
  if (part.type !== 'text') return [];
  const text = withoutMarkers(part.text.value, part.text.annotations);
  return text ? [{ type: 'output_text', text, annotations: [] }] : [];
}

/** Any marker, also of imported messages whose annotations were lost. */
const MARKER = /【[^【】]*†[^【】]*】/g;

/** The text as the model wrote it: with the markers in it, a model starts inventing them (§4.4). */
export function withoutMarkers(value: string, annotations: Annotation[]): string {
  let clean = value;
  for (const annotation of annotations) {
    if (annotation.type === 'file_citation' && annotation.text) clean = clean.replaceAll(annotation.text, '');
  }
  return clean.replace(MARKER, '');
}
