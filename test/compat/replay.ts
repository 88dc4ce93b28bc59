/** Records what a check exchanges with an endpoint, and plays it back, so that an answer can be changed and the check be run again in no time. */
import type { Target } from '../../src/compat/target.ts';

export interface Recorded {
  /** `GET /v1/threads/thread_1?limit=2` */
  key: string;
  status: number;
  headers: [string, string][];
  body: string;
}

const keyOf = ({ method, url }: Request) => `${method} ${url}`;

/** The same target; what goes through it is added to `tape`, in the order of the requests. */
export function recording(target: Target, tape: Recorded[]): Target {
  return {
    ...target,
    async send(request) {
      const recorded: Recorded = { key: keyOf(request), status: 0, headers: [], body: '' };
      tape.push(recorded);
      const response = await target.send(request);
      recorded.status = response.status;
      recorded.headers = [...response.headers];
      if (!response.body) return response;
      // Streams are recorded while they are read: some checks act in the middle of one.
      const decoder = new TextDecoder();
      const body = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            recorded.body += decoder.decode(chunk, { stream: true });
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(body, response);
    },
  };
}

/** More than any check sends. */
const MOST_REQUESTS = 80;

/** Answers from a tape: the n-th time a request comes, with its n-th answer; after the last, with the last. */
export function replaying(target: Target, tape: readonly Recorded[]): Target & { strayed(): boolean } {
  const answers = new Map<string, Recorded[]>();
  for (const recorded of tape) answers.set(recorded.key, [...(answers.get(recorded.key) ?? []), recorded]);
  let requests = 0;
  let strayed = false;
  return {
    ...target,
    /** Whether something was asked that is not on the tape: what the check says then, it says of the replay. */
    strayed: () => strayed,
    async send(request) {
      // An SDK polls without a pause when it sees a status that it does not know (§5.1).
      if (++requests > MOST_REQUESTS) strayed = true;
      const left = answers.get(keyOf(request)) ?? [];
      const answer = left.length > 1 ? left.shift() : left[0];
      if (!answer) strayed = true;
      if (!answer || requests > MOST_REQUESTS) throw new Error('not recorded');
      const { status, headers, body } = answer;
      return new Response(body, { status, headers: headers.filter(([name]) => name !== 'content-length') });
    },
  };
}
