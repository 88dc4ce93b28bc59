import { sleep, whilePresent } from './deliver.ts';
import type { Step, WireResponse } from './wire.ts';

/** A response that is made whether or not anybody listens (`background: true`). */
export interface Job {
  /** The response as it stands. */
  response: WireResponse;
  /** When it began, on the simulator's clock of things that take a while. */
  began: number;
  cancel(): void;
  /** The events after a sequence number, those that are there and those still to come. */
  follow(after: number): Generator<Step, WireResponse>;
}

/**
 * Starts a job. It keeps all its events, so that a stream can be taken up again (§4.3).
 *
 * @param queued the response as POST answers it
 */
export function startJob(queued: WireResponse, steps: Iterator<Step, WireResponse>, began: number): Job {
  const kept: Extract<Step, { do: 'send' | 'write' }>[] = [];
  const stopped = new AbortController();
  let finished = false;
  let wake = () => {};
  let changed = Promise.resolve();
  const arm = () => {
    changed = new Promise((resolve) => {
      wake = resolve;
    });
  };
  arm();

  const job: Job = {
    response: queued,
    began,
    cancel() {
      if (finished) return;
      finished = true;
      job.response = { ...job.response, status: 'cancelled' };
      stopped.abort();
      steps.return?.();
      wake();
    },
    *follow(after) {
      let next = 0;
      for (;;) {
        const step = kept[next];
        if (step) {
          next += 1;
          if (step.do === 'write' || step.event.sequence_number > after) yield step;
        } else if (finished) {
          return job.response;
        } else {
          yield { do: 'wait', until: changed };
        }
      }
    },
  };

  async function run(): Promise<void> {
    for (;;) {
      const { value, done } = steps.next();
      if (finished) return;
      if (done) {
        job.response = value;
        break;
      }
      if (value.do === 'sleep') await sleep(value.ms, stopped.signal);
      else if (value.do === 'wait') await whilePresent(value.until, stopped.signal);
      else if (value.do === 'hang') await new Promise(() => {});
      else if (value.do === 'break') break;
      else {
        kept.push(value);
        if (value.do === 'send' && value.event.type === 'response.in_progress') {
          job.response = { ...job.response, status: 'in_progress' };
        }
        wake();
        arm();
      }
    }
    finished = true;
    wake();
  }
  // Only a cancelled job rejects, and that has been seen to.
  run()
    .catch(() => {})
    .finally(() => steps.return?.());
  return job;
}
