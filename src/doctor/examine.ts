/** Finds out which parts of the Responses API a provider has, by asking for each once (docs/contracts/openai.md §4). */
import type { CustomProfile } from '../upstream/profiles.ts';

export interface Upstream {
  /** `/v1` or its like included, no slash at the end. */
  baseURL: string;
  apiKey?: string | undefined;
  model: string;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds for one request. @default 60000 */
  timeout?: number;
}

export interface Finding {
  /** `streaming`, `tool: file_search` */
  feature: string;
  has: boolean;
  /** What the provider said where it has it not. */
  reason?: string;
}

export interface Examination {
  upstream: string;
  model: string;
  findings: Finding[];
  /** What the option `profile` takes. */
  profile: CustomProfile & { extends: 'generic' };
}

/** The provider cannot be asked at all: an address, a key or a model that is wrong. */
export class ExaminationError extends Error {
  override name = 'ExaminationError';
}

type Json = Record<string, unknown>;

interface Answer {
  status: number;
  body: Json;
  text: string;
  type: string;
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

const PING = {
  type: 'function',
  name: 'ping',
  description: 'Answers pong',
  parameters: { type: 'object', properties: {} },
  strict: false,
};

/** About twenty short requests; what they make is deleted. @throws ExaminationError */
export async function examine(upstream: Upstream): Promise<Examination> {
  const { baseURL, apiKey, model, fetch = globalThis.fetch, timeout = 60_000 } = upstream;

  async function ask(method: string, path: string, body?: Json | FormData): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${baseURL}${path}`, {
      method,
      headers: {
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...(body && !isForm && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeout),
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: parsed(text),
      text,
      type: response.headers.get('content-type') ?? '',
    };
  }
  const respond = (more: Json = {}) =>
    ask('POST', '/responses', { model, input: 'Say hello.', store: false, ...more });
  const quietly = (path: string) => ask('DELETE', path).catch(() => undefined);

  const findings: Finding[] = [];
  async function probe(feature: string, work: () => Promise<Answer | string | undefined>): Promise<boolean> {
    const wrong = await work().then(
      (answer) => (typeof answer === 'object' ? reasonOf(answer) : answer),
      (error: Error) => error.message,
    );
    findings.push({ feature, has: wrong === undefined, ...(wrong !== undefined && { reason: wrong }) });
    return wrong === undefined;
  }
  const withTool = (tool: Json) => probe(`tool: ${tool['type']}`, () => respond({ tools: [tool] }));
  /** Makes something, hands its id on, deletes it. */
  const made = async (
    path: string,
    body: Json | FormData,
    use: (id: string) => Promise<Answer | undefined>,
  ) => {
    const answer = await ask('POST', path, body);
    const { id } = answer.body;
    if (answer.status !== 200 || typeof id !== 'string') return answer;
    return use(id).finally(() => quietly(`${path}/${id}`));
  };

  const first = await respond().catch((error: Error) => {
    throw new ExaminationError(`${baseURL} does not answer: ${causeOf(error)}`);
  });
  const refusal = reasonOf(first);
  if (refusal !== undefined)
    throw new ExaminationError(`POST ${baseURL}/responses with model '${model}' was refused: ${refusal}`);
  findings.push({ feature: 'responses', has: true });

  await probe('streaming', async () => {
    const answer = await respond({ stream: true });
    if (answer.status !== 200) return answer;
    if (!answer.type.startsWith('text/event-stream')) return 'the answer was no event stream';
    return answer.text.includes('response.completed')
      ? undefined
      : 'the stream did not end with response.completed';
  });
  await withTool(PING);
  const vectorStores = await probe('vector stores', () => made('/vector_stores', {}, async () => undefined));
  const fileSearch = await probe('tool: file_search', () =>
    vectorStores
      ? made('/vector_stores', {}, (id) =>
          respond({ tools: [{ type: 'file_search', vector_store_ids: [id] }] }),
        )
      : Promise.resolve('there is no /vector_stores to search in'),
  );
  const codeInterpreter = await withTool({ type: 'code_interpreter', container: { type: 'auto' } });
  const containers = await probe('containers', () =>
    made('/containers', { name: 'doctor' }, async () => undefined),
  );
  const webSearch = await withTool({ type: 'web_search' });
  const imageGeneration = await withTool({ type: 'image_generation' });
  const encryptedReasoning = await probe('reasoning replay', async () => {
    const answer = await respond({ include: ['reasoning.encrypted_content'] });
    if (answer.status !== 200) return answer;
    // Some providers pass over what they don't know.
    return answer.text.includes('"encrypted_content"') ? undefined : 'no encrypted reasoning came';
  });
  await probe('structured outputs', async () => {
    const answer = await respond({
      text: { format: { type: 'json_schema', name: 'answer', schema: SCHEMA, strict: true } },
    });
    if (answer.status !== 200) return answer;
    return parsed(outputText(answer.body))['answer'] === undefined
      ? 'the answer does not fit the schema'
      : undefined;
  });
  const image = (part: Json) =>
    respond({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is it?' }, part] }] });
  await probe('images', () => image({ type: 'input_image', image_url: `data:image/png;base64,${PIXEL}` }));
  const imageFileIds = await probe('images by file', () => {
    const form = new FormData();
    form.append('purpose', 'vision');
    form.append('file', new File([Buffer.from(PIXEL, 'base64')], 'pixel.png', { type: 'image/png' }));
    return made('/files', form, (file_id) => image({ type: 'input_image', file_id }));
  });
  const promptCacheKey = await probe('prompt_cache_key', () => respond({ prompt_cache_key: 'doctor' }));
  await probe('store', async () => {
    const { body } = await respond({ store: true });
    const again = await ask('GET', `/responses/${body['id']}`);
    await quietly(`/responses/${body['id']}`);
    return again;
  });
  await probe('previous_response_id', async () => {
    const { body } = await respond({ store: true });
    const next = await respond({ previous_response_id: body['id'] });
    await quietly(`/responses/${body['id']}`);
    return next;
  });
  await probe('conversations', () => made('/conversations', {}, async () => undefined));
  // What the option `background` stands on: made by itself, streamed a second time, deleted.
  const background = await probe('background', async () => {
    const answer = await respond({ background: true, store: true, stream: true });
    if (answer.status !== 200) return answer;
    const made = parsed(/^data: (.*)$/m.exec(answer.text)?.[1] ?? '')['response'] as Json | undefined;
    if (made?.['background'] !== true) return 'the response was not made in the background';
    const again = await ask('GET', `/responses/${made['id']}?stream=true&starting_after=0`);
    await quietly(`/responses/${made['id']}`);
    if (again.status !== 200) return again;
    return again.text.includes('response.completed') && !again.text.includes('response.created')
      ? undefined
      : 'a stream that breaks off cannot be read on';
  });

  return {
    upstream: baseURL,
    model,
    findings,
    profile: {
      extends: 'generic',
      name: new URL(baseURL).hostname,
      tools: {
        file_search: fileSearch,
        code_interpreter: codeInterpreter,
        web_search: webSearch,
        image_generation: imageGeneration,
      },
      vectorStores,
      containers,
      encryptedReasoning,
      promptCacheKey,
      imageFileIds,
      background,
    },
  };
}

function parsed(text: string): Json {
  try {
    return (JSON.parse(text) ?? {}) as Json;
  } catch {
    return {};
  }
}

/** Why an answer is none; undefined for one that is. A response may have failed inside an HTTP 200. */
function reasonOf({ status, body, text }: Answer): string | undefined {
  const { error } = body as { error?: { message?: string } | null };
  const said = error?.message ?? (body['message'] as string | undefined);
  if (status !== 200) return `${status} ${said ?? text.slice(0, 200)}`.trim();
  return body['status'] === 'failed' ? (said ?? 'the response failed') : undefined;
}

function outputText(body: Json): string {
  const items = (body['output'] ?? []) as { content?: { type: string; text?: string }[] }[];
  return items.flatMap(({ content = [] }) => content.map(({ text = '' }) => text)).join('');
}

const causeOf = (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message);
