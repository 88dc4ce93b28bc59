/** Deletes what a check has made: only what the answers to its own POST requests name. */
import type { Wire } from './wire.ts';

const CREATES = /^\/(?:assistants|threads(?:\/runs)?|threads\/[^/?]+\/messages|files|vector_stores)(?:\?|$)/;

interface Made {
  assistants: Set<string>;
  threads: Set<string>;
  vector_stores: Set<string>;
  files: Set<string>;
}

/** Runs that may still be active are cancelled, so that their threads can go. */
export async function tidyUp(wire: Wire): Promise<void> {
  const made = whatWasMade(wire);
  await Promise.all(
    [...made.threads].map(async (id) => {
      await cancelLast(wire, id);
      await quietly(wire.send('DELETE', `/threads/${id}`));
    }),
  );
  const rest = (['assistants', 'vector_stores', 'files'] as const).flatMap((kind) =>
    [...made[kind]].map((id) => quietly(wire.send('DELETE', `/${kind}/${id}`))),
  );
  await Promise.all(rest);
}

function whatWasMade({ exchanges }: Wire): Made {
  const made: Made = {
    assistants: new Set(),
    threads: new Set(),
    vector_stores: new Set(),
    files: new Set(),
  };
  const add = (kind: keyof Made, text: string, pattern: RegExp) => {
    for (const [id] of text.matchAll(pattern)) made[kind].add(id);
  };
  for (const { method, path, status, text } of exchanges) {
    if (status !== 200) continue;
    if (method === 'DELETE') {
      // Of a message that was deleted, the thread is still there.
      const [, , id = '', ...below] = path.split('/');
      if (below.length === 0) for (const ids of Object.values(made)) ids.delete(id);
    } else if (method === 'POST' && CREATES.test(path)) {
      if (path.startsWith('/assistants')) add('assistants', text, /\basst_[\w-]+/g);
      if (path.startsWith('/threads')) add('threads', text, /\bthread_[\w-]+/g);
      if (path.startsWith('/files')) add('files', text, /\b(?:file|assistant)-[\w-]+/g);
    }
    // Stores that attachments and helpers make are told of by the objects they hang on.
    const own = method === 'POST' || (method === 'GET' && /^\/threads\/[^/]+$/.test(path));
    if (own) add('vector_stores', text, /\bvs_[\w-]+/g);
  }
  return made;
}

async function cancelLast({ exchanges, send }: Wire, threadId: string): Promise<void> {
  const runs = exchanges
    .filter(({ method, text }) => method === 'POST' && text.includes(threadId))
    .flatMap(({ text }) => text.match(/\brun_[\w-]+/g) ?? []);
  const last = runs.at(-1);
  const over = exchanges.some(
    ({ text }) =>
      last !== undefined &&
      text.includes(last) &&
      /"status":\s*"(completed|cancelled|failed|expired|incomplete)"/.test(text),
  );
  if (last !== undefined && !over) await quietly(send('POST', `/threads/${threadId}/runs/${last}/cancel`));
}

async function quietly(work: Promise<{ response: Response }>): Promise<void> {
  const { response } = await work.catch(() => ({ response: undefined }));
  await response?.body?.cancel().catch(() => {});
}
