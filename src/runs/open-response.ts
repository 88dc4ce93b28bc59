/** Puts together what a model call of a run needs, and makes the call; mends what can be mended and asks again. */
import { Buffer } from 'node:buffer';
import { keys } from '../assistants/domain.ts';
import { badRequest } from '../assistants/errors.ts';
import { readNewest, readThread } from '../assistants/messages.ts';
import type { BackgroundCall } from '../assistants/progress.ts';
import { hasOpenCall, type RunRecord } from '../assistants/runs.ts';
import { loadThread } from '../assistants/threads.ts';
import type { Message, Run } from '../assistants/types.ts';
import { containerFor, dropContainer, isContainerGone } from '../files/containers.ts';
import { isMinted, readFile } from '../files/minted.ts';
import { waitForIndexing } from '../files/vector-stores.ts';
import { remainingBudget } from '../translate/budget.ts';
import {
  type UpstreamError as Failure,
  failureIn,
  isContextOverflow,
  lastErrorCode,
} from '../translate/failure.ts';
import { type Rag, ragOf, withPassages } from '../translate/rag.ts';
import { showsSomething } from '../translate/reduce.ts';
import { buildRequest } from '../translate/request.ts';
import { dropMiddle, lastMessages } from '../translate/truncate.ts';
import type { RequestInput, ResponseRequest, ResponseStreamEvent, Turn } from '../translate/types.ts';
import { UpstreamError } from '../upstream/client.ts';
import type { Profile } from '../upstream/profile.ts';
import { unlessAborted } from './abort.ts';
import { makeCall, type Reading, takeUpCall } from './background.ts';
import { thenRest } from './hand-over.ts';
import { pauseBefore, sleep } from './pause.ts';
import type { Scope } from './scope.ts';
import { countTokens } from './tokens.ts';

/** A token budget of the run, or the model's context, has no room for another call (§2.4, §4.1). */
export class OutOfTokens extends Error {
  readonly reason: 'max_prompt_tokens' | 'max_completion_tokens';

  constructor(reason: OutOfTokens['reason']) {
    super(`The run is out of tokens (${reason}).`);
    this.name = 'OutOfTokens';
    this.reason = reason;
  }
}

/** A model call that has begun. */
export interface Opened {
  events: AsyncIterable<ResponseStreamEvent[]>;
  /** The call that the newest events are of, where the upstream makes it in the background. */
  call(): BackgroundCall | undefined;
}

/** How often a prompt that is too long for the model is made shorter before the run ends `incomplete`. */
const SHORTENINGS = 5;

/**
 * Starts the model call of a run's next turn, or takes it up again where the upstream goes on with it in the background.
 * @throws UpstreamError, OutOfTokens
 */
export async function openResponse(
  scope: Scope,
  record: RunRecord,
  tools: Pick<RequestInput, 'localFunctions' | 'toolsSpent'>,
  signal: AbortSignal,
): Promise<Opened> {
  const { upstream } = scope;
  const made: { reading?: Reading | undefined } = {
    reading: hasOpenCall(record) ? await takenUp(scope, record.call, record.run, signal) : undefined,
  };
  let input: RequestInput | undefined;
  const gathered = async () => {
    input ??= { ...(await gather(scope, record, signal)), ...tools };
    return input;
  };
  let shortenings = 0;
  const mended = new Set<string>();
  const once = (what: string) => !mended.has(what) && mended.add(what);
  const shortened = async () => {
    if (shortenings++ >= SHORTENINGS) throw new OutOfTokens('max_prompt_tokens');
    const before = await gathered();
    input = { ...before, messages: await shorten(before.messages) };
  };
  const send = async (body: ResponseRequest): Promise<Stream> => {
    // The run may have ended over what had to be gathered.
    signal.throwIfAborted();
    if (!body.background) return upstream.respond(body, signal);
    made.reading = await makeCall(scope, body, signal);
    return made.reading.events;
  };
  const ask = async (): Promise<Stream> => {
    for (;;) {
      const asked = await gathered();
      try {
        return await send(buildRequest(asked));
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        if (isContextOverflow(error)) {
          await shortened();
        } else if (isContainerGone(error) && once('container')) {
          input = { ...asked, ...(await freshContainer(scope, record)) };
        } else if (noEncryptedReasoning(error) && once('reasoning')) {
          input = { ...asked, profile: { ...asked.profile, encryptedReasoning: false } };
        } else throw error;
      }
    }
  };
  let pauses = 0;
  const again = (failure: Failure) => {
    if (isContextOverflow(failure))
      return async () => {
        await shortened();
        return ask();
      };
    if (!upstream.profile.failsInside || lastErrorCode(failure) !== 'rate_limit_exceeded') return undefined;
    if (pauses >= upstream.maxRetries) return undefined;
    return async () => {
      await unlessAborted(sleep(pauseBefore(pauses++)), signal);
      return ask();
    };
  };
  const events = thenRest(untilItBegins(made.reading?.events ?? (await ask()), again));
  return { events, call: callOf(made) };
}

/** By itself, so that it keeps nothing of what it took to make the call. */
const callOf = (made: { reading?: Reading | undefined }) => () => made.reading?.call();

type Stream = AsyncIterable<ResponseStreamEvent[]>;

/** The call that the upstream went on with while nobody read it; undefined where it has to be made anew. */
async function takenUp(
  scope: Scope,
  call: BackgroundCall,
  { id: runId }: Run,
  signal: AbortSignal,
): Promise<Reading | undefined> {
  const { log } = scope.clockwork;
  try {
    const reading = await takeUpCall(scope, call, signal);
    log('info', 'The upstream call of a run is taken up again.', { runId, response: call.id });
    return reading;
  } catch (error) {
    // An upstream that says when to come back is left alone until then.
    if (!(error instanceof UpstreamError) || error.status === 429) throw error;
    const details = { runId, response: call.id, error };
    log('warn', 'The upstream call of a run cannot be taken up again, and is made anew.', details);
    return undefined;
  }
}

/**
 * The events of a response, as long as it has shown nothing: until then one that fails in its stream (§4.6) is asked for
 * again where that can help. Returns what is left to read.
 * @param again how to ask again after a failure; undefined: not at all
 */
async function* untilItBegins(
  first: Stream,
  again: (failure: Failure) => (() => Promise<Stream>) | undefined,
): AsyncGenerator<ResponseStreamEvent[], AsyncIterator<ResponseStreamEvent[]> | undefined> {
  let stream = first;
  for (;;) {
    const events = stream[Symbol.asyncIterator]();
    let retry: (() => Promise<Stream>) | undefined;
    let handedOver = false;
    try {
      for (let shows = false; !shows && !retry; ) {
        const { done, value: batch } = await events.next();
        if (done) return undefined;
        const failed = batch.findIndex((event) => failureIn(event) !== undefined);
        const shown = batch.findIndex(showsSomething);
        shows = shown >= 0;
        const failure = failed >= 0 && (!shows || failed < shown) ? failureIn(batch[failed]) : undefined;
        retry = failure && again(failure);
        if (!retry) yield batch;
        else if (failed > 0) yield batch.slice(0, failed);
      }
      if (!retry) {
        handedOver = true;
        return events;
      }
    } finally {
      // Told to stop, and not waited for.
      if (!handedOver) events.return?.().catch(() => {});
    }
    stream = await retry();
  }
}

async function gather(scope: Scope, record: RunRecord, signal: AbortSignal): Promise<RequestInput> {
  const { domain, upstream } = scope;
  const { run } = record;
  const [{ thread }, everything, turns] = await Promise.all([
    loadThread(domain, run.thread_id),
    readHistory(scope, record),
    readTurns(scope, record),
  ]);
  const budget = remainingBudget(run, record.checkpoint?.usage ?? null);
  if (budget.exhausted) throw new OutOfTokens(budget.exhausted);
  const history = everything.filter((message) => !record.messages.includes(message.id));
  const uses = (type: string) => run.tools.some((tool) => tool.type === type);

  const threadStores = thread.tool_resources.file_search?.vector_store_ids ?? [];
  if (uses('file_search')) {
    for (const id of threadStores) await waitForIndexing(upstream, id, signal);
  }
  const rag = ragOf(run);
  const passages = rag && scope.retrieve ? await retrieved(scope, run, rag, everything, signal) : undefined;
  const stores = [
    ...new Set([
      ...(record.resources.file_search?.vector_store_ids ?? []),
      ...threadStores,
      ...(passages === undefined ? (rag?.pipelineIds ?? []) : []),
    ]),
  ];
  const { profile } = upstream;
  if ((uses('file_search') || rag) && stores.length > profile.maxVectorStores)
    throw tooManyStores(profile, stores);
  const messages = await fitting(run, history, turns, budget.prompt);
  return {
    run: rag ? { ...run, instructions: withPassages(run.instructions, rag, passages ?? '') } : run,
    model: scope.modelFor(run.model),
    profile,
    messages,
    turns,
    vectorStoreIds: stores,
    ...(uses('code_interpreter') &&
      profile.containers && {
        containerId: await containerFor(
          domain,
          upstream,
          run.thread_id,
          filesOf(record, thread.tool_resources),
        ),
      }),
    ...outputBudget(run, budget.completion),
    inlineImages: await inlineImages(scope, messages),
    ...(upstream.background && { background: true }),
  };
}

/** A search that fails is told to the model, which may still answer. */
async function retrieved(
  { retrieve, clockwork }: Scope,
  run: Run,
  rag: Rag,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<string | undefined> {
  return retrieve?.(run, rag, messages, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    clockwork.log('error', 'The passages for a run could not be found.', { runId: run.id, error });
    return '[The documents could not be searched.]';
  });
}

/** The thread as far as the run may see it, and what the run itself has said (§4.1). */
async function readHistory({ domain }: Scope, { run, messages }: RunRecord): Promise<Message[]> {
  const { truncation_strategy: strategy, thread_id } = run;
  const limited = strategy?.type === 'last_messages' && strategy.last_messages;
  return limited ? readNewest(domain, thread_id, limited + messages.length) : readThread(domain, thread_id);
}

/** What is left for the run as a whole, and what bounds each single answer. */
function outputBudget({ dashscope }: Run, left: number | undefined): { maxOutputTokens?: number } {
  const bounds = [left, dashscope?.max_tokens].filter((bound) => typeof bound === 'number');
  return bounds.length > 0 ? { maxOutputTokens: Math.min(...bounds) } : {};
}

/** Leaving one out would leave out what the caller wants to be known. */
const tooManyStores = ({ name, maxVectorStores }: Profile, stores: readonly string[]) =>
  badRequest(
    `This upstream (profile '${name}') searches ${maxVectorStores} vector store at a time, and the assistant and the thread together name ${stores.length}: ${stores.join(', ')}.`,
    'tool_resources',
  );

function filesOf(record: RunRecord, own: RunRecord['resources']): string[] {
  return [
    ...new Set([
      ...(record.resources.code_interpreter?.file_ids ?? []),
      ...(own.code_interpreter?.file_ids ?? []),
    ]),
  ];
}

async function readTurns({ domain }: Scope, { run, turns }: RunRecord): Promise<Turn[]> {
  const ordinals = Array.from({ length: turns }, (_, ordinal) => keys.turn(run.id, ordinal));
  const found = await domain.store.getMany<Turn>(ordinals);
  return found.filter((turn) => turn !== undefined);
}

/** Messages that the run may see: `last_messages`, and what `max_prompt_tokens` leaves room for (§4.1). */
async function fitting(
  run: Run,
  history: Message[],
  turns: readonly Turn[],
  promptTokens: number | undefined,
): Promise<Message[]> {
  const { truncation_strategy: strategy } = run;
  const messages =
    strategy?.type === 'last_messages' && strategy.last_messages
      ? lastMessages(history, strategy.last_messages)
      : history;
  if (promptTokens === undefined) return messages;
  const count = await countTokens();
  const replayed = turns.length > 0 ? count.text(JSON.stringify(turns, withoutCiphertext)) : 0;
  const fixed = count.text(run.instructions ?? '') + count.text(JSON.stringify(run.tools)) + replayed;
  const kept = dropMiddle(messages, count.message, promptTokens - fixed);
  if (!kept) throw new OutOfTokens('max_prompt_tokens');
  return kept;
}

/** What is encrypted says nothing of how many tokens it stands for. */
function withoutCiphertext(name: string, value: unknown): unknown {
  return name === 'encrypted_content' ? undefined : value;
}

/** Half of the prompt, dropped from the middle; nothing left to drop ends the run (§4.6). */
async function shorten(messages: Message[]): Promise<Message[]> {
  const count = await countTokens();
  const total = messages.reduce((sum, message) => sum + count.message(message), 0);
  const kept = dropMiddle(messages, count.message, Math.floor(total / 2));
  if (!kept || kept.length === messages.length) throw new OutOfTokens('max_prompt_tokens');
  return kept;
}

async function freshContainer(scope: Scope, record: RunRecord): Promise<Pick<RequestInput, 'containerId'>> {
  const { domain, upstream } = scope;
  const { thread_id: threadId } = record.run;
  await dropContainer(domain, threadId);
  const { thread } = await loadThread(domain, threadId);
  return {
    containerId: await containerFor(domain, upstream, threadId, filesOf(record, thread.tool_resources)),
  };
}

/** The upstream does not know files that rethread minted: a picture of that kind travels in the request. */
async function inlineImages({ domain }: Scope, messages: Message[]): Promise<Record<string, string>> {
  const images: Record<string, string> = {};
  for (const message of messages) {
    for (const part of message.role === 'user' ? message.content : []) {
      if (part.type !== 'image_file' || !isMinted(part.image_file.file_id)) continue;
      const { file, bytes } = await readFile(domain, part.image_file.file_id);
      images[part.image_file.file_id] = dataUrl(file.filename, bytes);
    }
  }
  return images;
}

function dataUrl(filename: string, bytes: Uint8Array): string {
  const extension = filename.split('.').at(-1)?.toLowerCase() ?? 'png';
  const subtype = extension === 'jpg' ? 'jpeg' : extension;
  return `data:image/${subtype};base64,${Buffer.from(bytes).toString('base64')}`;
}

const noEncryptedReasoning = ({ status, message }: UpstreamError) =>
  status === 400 && /encrypted content is not supported/i.test(message);
