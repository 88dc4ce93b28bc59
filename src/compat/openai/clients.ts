/** The majors of the openai package behind one shape: that which 5, 6 and 7 share (§5.4). What differs in 4 is here and nowhere else. */
import type OpenAI from 'openai';
import type { Context } from '../context.ts';
import type { Major } from '../sdk.ts';

export type Beta = Pick<OpenAI['beta'], 'assistants' | 'threads'>;

export interface Sdk {
  client: OpenAI;
  beta: Beta;
  /** Of which the helpers have the same signature in every major. */
  vectorStores: OpenAI['vectorStores'];
}

/** A client of a major, whose requests go to the target. What it says is kept like every other exchange. */
export function clientOf(t: Context, major: Major): Sdk {
  const SDK = t.sdks.get(major);
  if (!SDK) return t.notApplicable(`openai@${major} is not installed`);
  const { apiKey, baseURL, timeout } = t;
  const client = new SDK({ apiKey, baseURL, timeout, maxRetries: 0, fetch: t.wire.fetch }) as OpenAI;
  return {
    client,
    beta: major === 4 ? asLater(client.beta) : client.beta,
    // Earlier releases of 4 have them among what is beta (§5.4).
    vectorStores: client.vectorStores ?? (client.beta as Anything).vectorStores,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the types of version 4 are those of a package that may not be installed
type Anything = any;

/** Members that are not listed here took their arguments in the same order already in version 4. */
function asLater(beta: Anything): Beta {
  const { assistants, threads } = beta;
  const { messages, runs } = threads;
  return {
    assistants: over(assistants, { delete: (id: string) => assistants.del(id) }),
    threads: over(threads, {
      delete: (id: string) => threads.del(id),
      messages: over(messages, {
        retrieve: (id: string, { thread_id }: Anything) => messages.retrieve(thread_id, id),
        update: (id: string, { thread_id, ...body }: Anything) => messages.update(thread_id, id, body),
        delete: (id: string, { thread_id }: Anything) => messages.del(thread_id, id),
      }),
      runs: over(runs, {
        retrieve: (id: string, { thread_id }: Anything) => runs.retrieve(thread_id, id),
        update: (id: string, { thread_id, ...body }: Anything) => runs.update(thread_id, id, body),
        cancel: (id: string, { thread_id }: Anything) => runs.cancel(thread_id, id),
        submitToolOutputsAndPoll: (id: string, { thread_id, ...body }: Anything, options: Anything) =>
          runs.submitToolOutputsAndPoll(thread_id, id, body, options),
        submitToolOutputsStream: (id: string, { thread_id, ...body }: Anything) =>
          runs.submitToolOutputsStream(thread_id, id, body),
        steps: over(runs.steps, {
          retrieve: (id: string, { thread_id, run_id }: Anything) =>
            runs.steps.retrieve(thread_id, run_id, id),
          list: (id: string, { thread_id, ...query }: Anything) => runs.steps.list(thread_id, id, query),
        }),
      }),
    }),
  };
}

/** The resource with some members replaced; all others are its own, called on itself. */
function over(resource: Anything, replaced: object): Anything {
  return new Proxy(resource, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key);
      const member = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
