/**
 * `Idempotency-Key`: a POST that is sent again with the same key is answered as the first time, and nothing is done
 * twice (in no original; asked for in docs/contracts/openai.md §6). The same in every dialect.
 *
 * Kept is what was done, answers of 2xx. What was refused has left nothing behind, so its key is free again and a retry
 * is judged anew. After a 5xx, or when the process died over the request, a retry looks for the object under the id that
 * was set aside for it before, and carries the request out only if there is none.
 */
import type { Next } from 'hono';
import { retrieveAssistant } from '../assistants/assistants.ts';
import type { Domain } from '../assistants/domain.ts';
import { ApiError, badRequest } from '../assistants/errors.ts';
import { type Prefix, mintId as shortId } from '../assistants/ids.ts';
import { type Answer, type IdsAhead, type Ledger, type Noted, storeLedger } from '../assistants/ledger.ts';
import { retrieveMessage } from '../assistants/messages.ts';
import { loadRun } from '../assistants/runs.ts';
import { retrieveThread } from '../assistants/threads.ts';
import type { Assistant, Message, Run, Thread } from '../assistants/types.ts';
import type { NumberedEvent } from '../runs/bus.ts';
import { phaseAgain } from '../runs/follow.ts';
import type { Scope } from '../runs/scope.ts';
import { hash } from '../store/hash.ts';
import type { AnyCtx } from './context.ts';

const HEADER = 'idempotency-key';
/** Says that an answer was given before. */
const REPLAYED = 'idempotent-replayed';
const KEY = /^[\x20-\x7e]{1,255}$/;

type StreamAnswer = Extract<Answer, { type: 'stream' }>;

/** What differs between dialects, for one request. */
export interface Ways {
  dialect: 'openai' | 'dashscope';
  scope(): Promise<Scope>;
  /** What was sent, as far as it tells one request from another; it can still be read by the route. */
  content(): Promise<unknown>;
  /** Headers that are part of an answer. */
  headers: readonly string[];
  /** Objects as the answers to their creation show them. */
  show: {
    assistant(assistant: Assistant): object;
    thread(thread: Thread): object;
    message(message: Message): object;
    run(run: Run): object;
  };
  /** The JSON of an answer that is given a second time. */
  again(json: string): string;
  /** A run's events as a stream. @param position number of the event before the first */
  stream(scope: Scope, run: Run, events: AsyncIterable<NumberedEvent[]>, position: number): Response;
}

/** Carries a POST out once for each key; requests with the same key wait for the first. */
export async function once(c: AnyCtx, next: Next, ways: Ways): Promise<Response | undefined> {
  const key = c.req.header(HEADER);
  if (key === undefined) {
    await next();
    return undefined;
  }
  if (!KEY.test(key))
    throw badRequest('An Idempotency-Key is made of 1 to 255 printable ASCII characters.', null, INVALID);
  const content = await ways.content();
  const { ownRetries } = c.env.identity;
  // A key that an SDK makes up is never that of two requests.
  const fingerprint = ownRetries ? c.req.path : fingerprintOf(c, ways.dialect, content);
  const { domain } = await ways.scope();
  const ledger = ownRetries ? c.env.service.retries : storeLedger(domain);
  return ledger.exclusive(key, async () => {
    const noted = await ledger.find(key);
    if (noted && noted.fingerprint !== fingerprint) throw keyReused();
    const answer = noted?.answer ?? (noted && (await answerLeftBehind(c, domain, noted, content, ways)));
    if (answer) return answerAgain(c, answer, ways);
    // Files that were kept are written again, not beside those of the first time.
    const ids = noted?.ids.uploads ? noted.ids : idsFor(c.req.path, domain.mintId ?? shortId);
    return carryOut(c, next, ledger, key, { fingerprint, ids }, ways);
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

/** The dialects share their keys as they share their threads, but no answers: those look different. */
function fingerprintOf(c: AnyCtx, dialect: Ways['dialect'], content: unknown): string {
  const { search } = new URL(c.req.url);
  const parts = [c.req.path, search, content, ...(dialect === 'openai' ? [] : [dialect])];
  return hash(JSON.stringify(parts));
}

async function carryOut(
  c: AnyCtx,
  next: Next,
  ledger: Ledger,
  key: string,
  noted: Noted,
  { headers }: Ways,
): Promise<undefined> {
  await ledger.begin(key, noted);
  c.set('idsAhead', { ...noted.ids });
  await next();
  if (c.res.ok) await ledger.finish(key, { ...noted, answer: await answerOf(c, headers) });
  else if (c.res.status < 500) await ledger.drop(key);
}

async function answerOf(c: AnyCtx, keptHeaders: readonly string[]): Promise<Answer> {
  const { started } = c.var;
  if (started) return { type: 'stream', ...started };
  const { made } = c.env;
  const headers = keptHeaders.flatMap((name) => {
    const value = c.res.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    type: 'json',
    status: c.res.status,
    body: made?.response === c.res ? made.body : await c.res.clone().text(),
    headers: Object.fromEntries(headers),
  };
}

async function answerAgain(c: AnyCtx, answer: Answer, ways: Ways): Promise<Response> {
  if (answer.type === 'json') {
    const headers = { 'content-type': 'application/json', ...answer.headers, [REPLAYED]: 'true' };
    return new Response(ways.again(answer.body), { status: answer.status, headers });
  }
  const response = await streamAgain(c, answer, ways);
  response.headers.set(REPLAYED, 'true');
  return response;
}

/** The stream that the request was answered with, from its beginning, whoever carries the run out. */
async function streamAgain(c: AnyCtx, answer: StreamAnswer, ways: Ways): Promise<Response> {
  c.env.identity.admitStream?.();
  const scope = await ways.scope();
  const { run } = await loadRun(scope.domain, answer.threadId, answer.runId);
  // The stream of a run that came with its thread opens with `thread.created` (§3.3 e).
  const withThread = c.req.path === '/threads/runs';
  const events = await phaseAgain(scope, answer, withThread, c.req.raw.signal);
  return ways.stream(scope, run, events, answer.position);
}

/** Ids for what a route creates. */
function idsFor(path: string, mint: (prefix: Prefix) => string): IdsAhead {
  if (path === '/assistants') return { asst_: mint('asst_') };
  if (path === '/threads') return { thread_: mint('thread_') };
  if (path === '/threads/runs') return { thread_: mint('thread_'), run_: mint('run_') };
  if (path === '/files') return { uploads: crypto.randomUUID() };
  if (/^\/threads\/[^/]+\/messages$/.test(path)) return { msg_: mint('msg_') };
  return /^\/threads\/[^/]+\/runs$/.test(path) ? { run_: mint('run_') } : {};
}

/** The answer to a request that was carried out, but whose answer was not noted any more. */
async function answerLeftBehind(
  c: AnyCtx,
  domain: Domain,
  { ids }: Noted,
  content: unknown,
  { show }: Ways,
): Promise<Answer | undefined> {
  const threadId = ids.thread_ ?? decodeURIComponent(c.req.path.split('/')[2] ?? '');
  const { asst_, thread_, msg_, run_ } = ids;
  if (run_) {
    const record = await orNothing(loadRun(domain, threadId, run_));
    if (!record) return undefined;
    const { stream } = content as { stream?: unknown };
    return stream === true
      ? { type: 'stream', threadId, runId: run_, position: 0, steps: 0, messages: 0 }
      : asAnswer(show.run(record.run));
  }
  if (asst_) return asAnswer(await orNothing(retrieveAssistant(domain, asst_).then(show.assistant)));
  if (msg_) return asAnswer(await orNothing(retrieveMessage(domain, threadId, msg_).then(show.message)));
  return thread_ ? asAnswer(await orNothing(retrieveThread(domain, thread_).then(show.thread))) : undefined;
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
