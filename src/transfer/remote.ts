/** Reads assistants and threads from an endpoint of the Assistants API that still answers. */
import { Buffer } from 'node:buffer';
import OpenAI from 'openai';
import { MINTED_FILE_PREFIX } from '../assistants/ids.ts';
import { EntryError, parseEntry } from './entry.ts';
import type { Located, ReadProblem } from './read.ts';

export interface Remote {
  /** e.g. `http://127.0.0.1:4010/v1` */
  baseURL: string;
  apiKey: string;
}

export interface Wanted {
  /** All assistants. */
  assistants: boolean;
  /** Ids; `all` where the endpoint lists threads, as rethread does. */
  threads: 'all' | readonly string[];
}

/** Largest page of a list (§1.4). */
const limit = 100;

/** What is wanted, thread by thread, oldest first within each; what the endpoint does not give is told and passed over. */
export async function* readRemote(
  { baseURL, apiKey }: Remote,
  { assistants, threads }: Wanted,
  onProblem: (problem: ReadProblem) => void,
): AsyncGenerator<Located> {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 5 });
  const at = (path: string) => `${baseURL}${path}`;
  const { beta } = client;
  // Everything comes in its order, one thread after another, as in an export.
  yield { entry: { type: 'header' }, at: baseURL, listed: false };
  if (assistants) {
    for await (const assistant of beta.assistants.list({ limit, order: 'asc' }))
      yield* entryOf(assistant, at(`/assistants/${assistant.id}`), onProblem);
  }
  for await (const id of threads === 'all' ? allThreads(client) : threads) {
    try {
      yield* inThread(client, id, at, onProblem);
    } catch (error) {
      if (!(error instanceof OpenAI.APIError) || error instanceof OpenAI.APIConnectionError) throw error;
      // Of other threads more may be known than of this one; a wrong key is wrong for all.
      if (error.status === 401 || error.status === 403) throw error;
      onProblem({ at: at(`/threads/${id}`), problem: error.message });
    }
  }
}

/** Not in the original. */
async function* allThreads(client: OpenAI): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const page = await client.get<{ data: { id: string }[]; has_more: boolean }>('/threads', {
      query: { limit, order: 'asc', ...(after && { after }) },
      headers: { 'OpenAI-Beta': 'assistants=v2' },
    });
    yield* page.data.map(({ id }) => id);
    after = page.data.at(-1)?.id;
    if (!page.has_more || !after) return;
  }
}

async function* inThread(
  client: OpenAI,
  thread_id: string,
  at: (path: string) => string,
  onProblem: (problem: ReadProblem) => void,
): AsyncGenerator<Located> {
  const { beta } = client;
  const place = at(`/threads/${thread_id}`);
  // All of it is fetched before any is handed on: a thread comes whole, or not at all.
  const found: Located[] = [];
  const add = (object: unknown, path: string) =>
    object !== undefined && found.push(...entryOf(object, place + path, onProblem));
  add(await beta.threads.retrieve(thread_id), '');
  const texts = new Map<string, string>();
  for await (const message of beta.threads.messages.list(thread_id, { limit, order: 'asc' })) {
    add(message, `/messages/${message.id}`);
    if (message.run_id)
      texts.set(message.run_id, (texts.get(message.run_id) ?? '') + JSON.stringify(message));
  }
  for await (const run of beta.threads.runs.list(thread_id, { limit, order: 'asc' })) {
    const steps = [];
    for await (const step of beta.threads.runs.steps.list(run.id, { thread_id, limit, order: 'asc' }))
      steps.push(step);
    const files = mintedIn((texts.get(run.id) ?? '') + JSON.stringify(steps));
    add({ ...run, rethread: { files, resources: {} } }, `/runs/${run.id}`);
    for (const step of steps) add(step, `/runs/${run.id}/steps/${step.id}`);
    for (const id of files) add(await fileOf(client, id), `/files/${id}`);
  }
  yield* found;
}

/** Files that another rethread keeps of what a run made; all others belong to an account upstream, and stay there. */
const mintedIn = (text: string) => [...new Set(text.match(MINTED) ?? [])];
const MINTED = new RegExp(`${MINTED_FILE_PREFIX}[A-Za-z0-9]{20}`, 'g');

async function fileOf({ files }: OpenAI, id: string): Promise<object | undefined> {
  try {
    const [file, content] = await Promise.all([files.retrieve(id), files.content(id)]);
    return { ...file, content: Buffer.from(await content.arrayBuffer()).toString('base64') };
  } catch (error) {
    // Deleted by its user.
    if (error instanceof OpenAI.NotFoundError) return undefined;
    throw error;
  }
}

function* entryOf(
  object: unknown,
  at: string,
  onProblem: (problem: ReadProblem) => void,
): Generator<Located> {
  try {
    yield { entry: parseEntry(object), at, listed: false };
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    onProblem({ at, problem: error.message });
  }
}
