/** The line of runs that processes share: BullMQ. Jobs of workers that died come back by themselves. */
import type { Job } from 'bullmq';
import type { RunJob } from '../runs/delegate.ts';
import { loadOptional } from '../store/engines/optional.ts';
import { connectRedis, disconnect, QUEUE_PACKAGES } from './connection.ts';

export interface RunQueue {
  /** Puts a job in line, unless it stands there or is being done. */
  add(job: RunJob): Promise<void>;
  /**
   * Takes jobs from the line, `concurrency` at a time.
   * @param work gives the milliseconds after which the job is to be tried again; undefined when it is done
   */
  work(work: (job: RunJob) => Promise<number | undefined>, concurrency: number): Promise<void>;
  /** Takes no more jobs. */
  pause(): Promise<void>;
  /** Waits for the jobs in progress. */
  close(): Promise<void>;
}

const NAME = 'runs';

/** However often a worker dies over a run: the run expires in the end. */
const ANY_NUMBER = 1_000_000;

export async function openRunQueue(
  url: string,
  namespace: string,
  leaseMs: number,
  onError: (error: unknown) => void,
): Promise<RunQueue> {
  const { DelayedError, Queue, Worker } = await loadOptional(
    'redis://',
    QUEUE_PACKAGES,
    'bullmq',
    () => import('bullmq'),
  );
  const prefix = `${namespace}:queue`;
  const quick = await connectRedis(url, 'quick');
  const queue = new Queue<RunJob>(NAME, { connection: quick, prefix });
  queue.on('error', onError);
  let patient: Awaited<ReturnType<typeof connectRedis>> | undefined;
  let worker: InstanceType<typeof Worker<RunJob>> | undefined;

  return {
    async add(job) {
      await queue.add(NAME, job, {
        jobId: `${job.runId}-${job.phase}`,
        removeOnComplete: true,
        removeOnFail: true,
      });
    },
    async work(work, concurrency) {
      patient = await connectRedis(url, 'patient');
      const carryOut = async (job: Job<RunJob>, token?: string) => {
        // Given out a second time: whoever had it first has died over it.
        const again = job.data.again || job.stalledCounter > 0;
        const ms = await work({ ...job.data, again });
        if (ms === undefined) return;
        await job.moveToDelayed(Date.now() + Math.ceil(ms), token);
        throw new DelayedError();
      };
      worker = new Worker<RunJob>(NAME, carryOut, {
        connection: patient,
        prefix,
        concurrency,
        lockDuration: leaseMs,
        lockRenewTime: leaseMs / 3,
        stalledInterval: leaseMs,
        maxStalledCount: ANY_NUMBER,
        maxStartedAttempts: ANY_NUMBER,
      });
      worker.on('error', onError);
    },
    async pause() {
      await worker?.pause(true);
    },
    async close() {
      await worker?.close().catch(onError);
      await queue.close().catch(onError);
      await disconnect(quick);
      if (patient) await disconnect(patient);
    },
  };
}
