/** Carries out the calls of a model turn to tools that rethread runs itself (DESIGN decision 10). */
import { runIds } from '../assistants/ids.ts';
import type { Run } from '../assistants/types.ts';
import type { HostContext } from '../tools/define.ts';
import type { Offer } from '../tools/registry.ts';
import { maskSecrets } from '../translate/failure.ts';
import type { LocalCall, RunState } from '../translate/types.ts';
import { within } from './abort.ts';
import type { Scope } from './scope.ts';

/** Turns of one run in which the model may use tools that rethread runs; after them it is offered none. */
export const MAX_ROUNDS = 32;

/** A model that goes on calling what it is not offered any more is not answered for ever. */
export const LAST_ROUND = MAX_ROUNDS + 4;

/** Calls of one turn that are carried out at the same time. */
const AT_ONCE = 8;

export interface Answered {
  call: LocalCall;
  output: string;
  /** Ids of the files it made. */
  files: string[];
}

/**
 * Yields the outputs in the order of the calls, each as soon as it and all before it are there. A tool that fails, or
 * takes too long, is told to the model by its output.
 * @throws the signal's reason when it aborts
 */
export async function* answers(
  scope: Scope,
  { run, localCalls, localRounds }: RunState,
  offers: readonly Offer[],
  signal: AbortSignal,
): AsyncGenerator<Answered> {
  const { default: Queue } = await import('p-queue');
  const queue = new Queue({ concurrency: AT_ONCE });
  const running = localCalls
    .filter(({ output }) => output === null)
    .map((call) => queue.add(() => answer(scope, run, localRounds, call, offers, signal)));
  // Those behind one that was given up are given up, too; nobody waits for them.
  for (const one of running) one.catch(() => {});
  for (const one of running) yield await one;
}

async function answer(
  scope: Scope,
  run: Run,
  round: number,
  call: LocalCall,
  offers: readonly Offer[],
  signal: AbortSignal,
): Promise<Answered> {
  signal.throwIfAborted();
  const files: string[] = [];
  const told = (output: string) => ({ call, output, files });
  const offer = offers.find(({ name }) => name === call.name);
  if (!offer) return told('Error: there is no such tool any more.');
  if (round > MAX_ROUNDS)
    return told(`Error: tools were used in ${MAX_ROUNDS} turns, which is all that one run may have.`);
  const { timeout, maxOutput } = offer.run;
  const context: Omit<HostContext, 'signal'> = {
    runId: run.id,
    threadId: run.thread_id,
    callId: call.call_id,
    tool: offer.tool,
    upstream: scope.upstream,
    async saveImage(image, type) {
      const id = runIds(run.id).toolFile(`${round}/${call.call_id}`, files.length);
      files.push(id);
      return scope.saveImage(id, image, type);
    },
  };
  const clean = (text: string) => shortened(withoutToken(text, offer), maxOutput);
  try {
    const args = parse(call.arguments);
    const result = await within(signal, timeout, 'The tool', (own) =>
      offer.run.call(args, { ...context, signal: own }),
    );
    return told(clean(textOf(result)));
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error && error.message ? error.message : String(error);
    scope.clockwork.log('warn', 'A tool failed.', { runId: run.id, tool: offer.type, call: call.call_id });
    return told(clean(`Error: ${maskSecrets(reason)}`));
  }
}

function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The arguments are not JSON.');
  }
}

function textOf(result: unknown): string {
  return typeof result === 'string' ? result : (JSON.stringify(result) ?? '');
}

/** A user's token for a plugin (dashscope §A.10) is for the plugin alone, whatever it answers. */
function withoutToken(text: string, { tool }: Offer): string {
  const token = (tool['auth'] as { user_token?: unknown } | undefined)?.user_token;
  return typeof token === 'string' && token !== '' ? text.replaceAll(token, '***') : text;
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}\n[${text.length - most} more characters were left out.]`;
}
