/** A finished turn as input for the next one (§4.2 A, §4.3). */
import type { Responses } from 'openai/resources/responses/responses';
import type { Profile } from '../upstream/profile.ts';
import { type Json, list, object, text } from './read.ts';
import type { Turn } from './types.ts';

type InputItem = Responses.ResponseInputItem;
type ReplayProfile = Pick<Profile, 'plainAssistantText' | 'encryptedReasoning' | 'replaysReasoning'>;

/** What the model put out, in its order, then the output of every function it called: one left out is refused. */
export function turnItems(turn: Turn, profile: ReplayProfile): InputItem[] {
  const raw = turn.items.map((item) => object(item) ?? {});
  const given = new Map(turn.outputs.map(({ call_id, output }) => [call_id, output]));
  const outputs = raw
    .filter((item) => item.type === 'function_call')
    .map((call): InputItem => {
      const call_id = text(call.call_id);
      return { type: 'function_call_output', call_id, output: given.get(call_id) ?? '' };
    });
  return [...raw.flatMap((item) => replayed(item, profile)), ...outputs];
}

/**
 * An output item as the API takes it back. Nothing is stored upstream (`store: false`), so an id would name what is not
 * there: only items whose type demands one keep it.
 */
function replayed(item: Json, profile: ReplayProfile): InputItem[] {
  switch (item.type) {
    case 'reasoning':
      return reasoning(item, profile);
    case 'function_call':
      return as(pick(item, ['type', 'call_id', 'name', 'namespace', 'arguments']));
    case 'message':
      return as(
        profile.plainAssistantText
          ? pick(item, ['type', 'id', 'role', 'status', 'phase', 'content'])
          : {
              ...pick(item, ['type', 'role', 'status', 'phase']),
              content: list(item.content).map(contentOf),
            },
      );
    case 'file_search_call':
      return as(pick(item, ['type', 'id', 'queries', 'status', 'results']));
    case 'code_interpreter_call':
      return as({
        ...pick(item, ['type', 'id', 'status', 'container_id']),
        // Required by the type, null included.
        code: item.code ?? null,
        outputs: item.outputs ?? null,
      });
    default:
      return as(item);
  }
}

/**
 * Encrypted reasoning goes back whole. Without its encrypted content OpenAI would look the id up and find nothing;
 * other servers read the plain content.
 */
function reasoning(item: Json, profile: ReplayProfile): InputItem[] {
  if (text(item.encrypted_content))
    return profile.encryptedReasoning ? as(pick(item, Object.keys(item))) : [];
  const { replaysReasoning: plain } = profile;
  const sayable =
    (plain === 'content' && list(item.content).length > 0) ||
    (plain === 'summary' && list(item.summary).length > 0);
  return sayable ? as(pick(item, Object.keys(item))) : [];
}

/** Annotations are for readers; the model has them in its own calls' results. */
function contentOf(part: unknown): Json {
  const it = object(part) ?? {};
  if (it.type !== 'output_text') return it;
  return { type: 'output_text', text: text(it.text), annotations: [] };
}

/** The named members; null stands for absent, and is refused where a member is only optional. */
function pick(item: Json, names: string[]): Json {
  const picked: Json = {};
  for (const name of names) {
    if (item[name] !== null && item[name] !== undefined) picked[name] = item[name];
  }
  return picked;
}

/** Raw items are the upstream's own; they are handed back without a second look. */
function as(item: Json): InputItem[] {
  return [item as unknown as InputItem];
}
