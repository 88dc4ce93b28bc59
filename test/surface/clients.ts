/**
 * The four majors of the SDK behind one shape: the one that 5, 6 and 7 share (§5.4). What differs in 4 is here and nowhere else.
 */
import type OpenAI from 'openai';
import type { AzureOpenAI } from 'openai';
import OpenAI4, { AzureOpenAI as Azure4 } from 'openai4';
import OpenAI5, { AzureOpenAI as Azure5 } from 'openai5';
import OpenAI6, { AzureOpenAI as Azure6 } from 'openai6';
import OpenAI7, { AzureOpenAI as Azure7 } from 'openai7';

export type Client = OpenAI;
export type Beta = Pick<OpenAI['beta'], 'assistants' | 'threads'>;

export interface Major {
  major: 4 | 5 | 6 | 7;
  SDK: typeof OpenAI;
  Azure: typeof AzureOpenAI;
}

const sdk = (value: unknown) => value as typeof OpenAI;
const azure = (value: unknown) => value as typeof AzureOpenAI;

export const majors: readonly Major[] = [
  { major: 4, SDK: sdk(OpenAI4), Azure: azure(Azure4) },
  { major: 5, SDK: sdk(OpenAI5), Azure: azure(Azure5) },
  { major: 6, SDK: sdk(OpenAI6), Azure: azure(Azure6) },
  { major: 7, SDK: sdk(OpenAI7), Azure: azure(Azure7) },
];

/** For what does not depend on the client: the newest that has no quirks of its own. */
export const newest = majors.at(-1) as Major;

/** `client.beta`, called as in version 5 and later. */
export function betaOf(major: Major['major'], client: Client): Beta {
  return major === 4 ? asLater((client as unknown as OpenAI4).beta) : client.beta;
}

type Options = OpenAI4.RequestOptions;
type OnThread = { thread_id: string };
type OnRun = OnThread & { run_id: string };

/** Members that were not listed in version 4's order of arguments are the SDK's own. */
function asLater({ assistants, threads }: OpenAI4['beta']): Beta {
  const { messages, runs } = threads;
  const later = {
    assistants: over(assistants, { delete: (id: string, options?: Options) => assistants.del(id, options) }),
    threads: over(threads, {
      delete: (id: string, options?: Options) => threads.del(id, options),
      messages: over(messages, {
        retrieve: (id: string, { thread_id }: OnThread, options?: Options) =>
          messages.retrieve(thread_id, id, options),
        update: (id: string, { thread_id, ...body }: OnThread, options?: Options) =>
          messages.update(thread_id, id, body, options),
        delete: (id: string, { thread_id }: OnThread, options?: Options) =>
          messages.del(thread_id, id, options),
      }),
      runs: over(runs, {
        retrieve: (id: string, { thread_id }: OnThread, options?: Options) =>
          runs.retrieve(thread_id, id, options),
        update: (id: string, { thread_id, ...body }: OnThread, options?: Options) =>
          runs.update(thread_id, id, body, options),
        cancel: (id: string, { thread_id }: OnThread, options?: Options) =>
          runs.cancel(thread_id, id, options),
        poll: (id: string, { thread_id }: OnThread, options?: Options) => runs.poll(thread_id, id, options),
        submitToolOutputs: (id: string, { thread_id, ...body }: OnThread & Outputs, options?: Options) =>
          runs.submitToolOutputs(thread_id, id, body, options),
        submitToolOutputsAndPoll: (
          id: string,
          { thread_id, ...body }: OnThread & Outputs,
          options?: Options,
        ) => runs.submitToolOutputsAndPoll(thread_id, id, { ...body, stream: false }, options),
        submitToolOutputsStream: (
          id: string,
          { thread_id, ...body }: OnThread & Outputs,
          options?: Options,
        ) => runs.submitToolOutputsStream(thread_id, id, body, options),
        steps: over(runs.steps, {
          retrieve: (id: string, { thread_id, run_id, ...query }: OnRun, options?: Options) =>
            runs.steps.retrieve(thread_id, run_id, id, query, options),
          list: (id: string, { thread_id, ...query }: OnThread, options?: Options) =>
            runs.steps.list(thread_id, id, query, options),
        }),
      }),
    }),
  };
  return later as unknown as Beta;
}

type Outputs = { tool_outputs: { tool_call_id?: string; output?: string }[]; stream?: true };

/** The resource with some members replaced; all others are its own, called on itself. */
function over<T extends object>(resource: T, replaced: object): T {
  return new Proxy(resource, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key);
      const member = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
