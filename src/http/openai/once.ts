/**
 * `Idempotency-Key`: a POST that is sent again with the same key is answered as the first time, and nothing is done
 * twice (not in the original; asked for in §6).
 *
 * Kept is what was done, answers of 2xx. What was refused has left nothing behind, so its key is free again and a retry
 * is judged anew. After a 5xx, or when the process died over the request, a retry looks for the object under the id that
 * was set aside for it before, and carries the request out only if there is none.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Next } from 'hono';
import { retrieveAssistant } from '../../assistants/assistants.ts';
import type { Domain } from '../../assistants/domain.ts';
import { ApiError, badRequest } from '../../assistants/errors.ts';
import { mintId } from '../../assistants/ids.ts';
import { type Answer, type IdsAhead, type Ledger, type Noted, storeLedger } from '../../assistants/ledger.ts';
import { retrieveMessage } from '../../assistants/messages.ts';
import { loadRun } from '../../assistants/runs.ts';
import { retrieveThread } from '../../assistants/threads.ts';
import { type Ctx, jsonOf, scopeOf } from './context.ts';
import { presentObject } from './present.ts';
import { streamAgain } from './stream.ts';

const HEADER = 'idempotency-key';
/** Says that an answer was given before. */
const REPLAYED = 'idempotent-replayed';
const KEY = /^[\x20-\x7e]{1,255}$/;

/** Headers that are part of an answer. */
const KEPT_HEADERS = ['openai-poll-after-ms'];

/** Carries a POST out once for each key; requests with the same key wait for the first. */
export async function once(c: Ctx, next: Next): Promise<Response | undefined> {
  const key = c.req.header(HEADER);
  if (c.req.method !== 'POST' || key === undefined) {
    await next();
    return undefined;
  }
  if (!KEY.test(key))
    throw badRequest('An Idempotency-Key is made of 1 to 255 printable ASCII characters.', null, INVALID);
  const fingerprint = fingerprintOf(c, await jsonOf(c));
  const { domain } = await scopeOf(c);
  const ledger = c.env.identity.ownRetries ? c.get('service').retries : storeLedger(domain);
  return ledger.exclusive(key, async () => {
    const noted = await ledger.find(key);
    if (noted && noted.fingerprint !== fingerprint) throw keyReused();
    const answer = noted?.answer ?? (noted && (await answerLeftBehind(c, domain, noted)));
    return answer ? answerAgain(c, answer) : carryOut(c, next, ledger, key, fingerprint);
  });
}

const INVALID = 'invalid_idempotency_key';

const keyReused = () =>
  badRequest(
    'This Idempotency-Key was used for another request within the last 24 hours. Send the same path and body with it, ' +
      'or take a new key.',
    null,
    INVALID,
  );

function fingerprintOf(c: Ctx, body: unknown): string {
  const { search } = new URL(c.req.url);
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([c.req.path, search, body]))));
}

async function carryOut(
  c: Ctx,
  next: Next,
  ledger: Ledger,
  key: string,
  fingerprint: string,
): Promise<undefined> {
  const noted: Noted = { fingerprint, ids: idsFor(c.req.path) };
  await ledger.begin(key, noted);
  c.set('idsAhead', { ...noted.ids });
  await next();
  if (c.res.ok) await ledger.finish(key, { ...noted, answer: await answerOf(c) });
  else if (c.res.status < 500) await ledger.drop(key);
}

async function answerOf(c: Ctx): Promise<Answer> {
  const { started } = c.var;
  if (started) return { type: 'stream', ...started };
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = c.res.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    type: 'json',
    status: c.res.status,
    body: await c.res.clone().text(),
    headers: Object.fromEntries(headers),
  };
}

async function answerAgain(c: Ctx, answer: Answer): Promise<Response> {
  if (answer.type === 'json') {
    const headers = { 'content-type': 'application/json', ...answer.headers, [REPLAYED]: 'true' };
    return new Response(answer.body, { status: answer.status, headers });
  }
  const response = await streamAgain(c, await scopeOf(c), answer, c.req.path === '/threads/runs');
  response.headers.set(REPLAYED, 'true');
  return response;
}

/** Ids for what a route creates. */
function idsFor(path: string): IdsAhead {
  if (path === '/assistants') return { asst_: mintId('asst_') };
  if (path === '/threads') return { thread_: mintId('thread_') };
  if (path === '/threads/runs') return { thread_: mintId('thread_'), run_: mintId('run_') };
  if (/^\/threads\/[^/]+\/messages$/.test(path)) return { msg_: mintId('msg_') };
  return /^\/threads\/[^/]+\/runs$/.test(path) ? { run_: mintId('run_') } : {};
}

/** The answer to a request that was carried out, but whose answer was not noted any more. */
async function answerLeftBehind(c: Ctx, domain: Domain, { ids }: Noted): Promise<Answer | undefined> {
  const threadId = ids.thread_ ?? decodeURIComponent(c.req.path.split('/')[2] ?? '');
  const { asst_, thread_, msg_, run_ } = ids;
  if (run_) {
    const record = await orNothing(loadRun(domain, threadId, run_));
    if (!record) return undefined;
    const { stream } = (await jsonOf(c)) as { stream?: unknown };
    return stream === true
      ? { type: 'stream', threadId, runId: run_, position: 0 }
      : asAnswer(presentObject(record.run));
  }
  if (asst_) return asAnswer(await orNothing(retrieveAssistant(domain, asst_).then(presentObject)));
  if (msg_) return asAnswer(await orNothing(retrieveMessage(domain, threadId, msg_)));
  return thread_ ? asAnswer(await orNothing(retrieveThread(domain, thread_))) : undefined;
}

function asAnswer(object: object | undefined): Answer | undefined {
  return object && { type: 'json', status: 200, body: JSON.stringify(object), headers: {} };
}

async function orNothing<T>(object: Promise<T>): Promise<T | undefined> {
  return object.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
}
