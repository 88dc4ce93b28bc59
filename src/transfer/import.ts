/** Takes entries into a store, thread by thread. Doing it again adds what is missing and changes nothing else. */
import { type Domain, keys } from '../assistants/domain.ts';
import type { RunRecord } from '../assistants/runs.ts';
import { restoreFile } from '../files/minted.ts';
import { type Entry, EntryError } from './entry.ts';
import { oldestFirst } from './order.ts';
import { type Bundle, placeAssistant, placeThread } from './place.ts';
import type { Located, ReadProblem } from './read.ts';

export type Counted = 'assistants' | 'threads' | 'messages' | 'runs' | 'steps' | 'files';
export type Counts = Record<Counted, number>;

export interface ImportReport {
  /** Objects that came in. */
  seen: Counts;
  /** Those of them that were not there yet. */
  added: Counts;
}

export interface ImportOptions {
  /** Told of what could not be taken in; the rest goes on. */
  onProblem(problem: ReadProblem): void;
  onProgress?(report: ImportReport): void;
  /** Ends the import between two threads. */
  signal?: AbortSignal;
}

const none = (): Counts => ({ assistants: 0, threads: 0, messages: 0, runs: 0, steps: 0, files: 0 });

const COUNTED: Record<Exclude<Entry['type'], 'header'>, Counted> = {
  assistant: 'assistants',
  thread: 'threads',
  message: 'messages',
  run: 'runs',
  step: 'steps',
  file: 'files',
};

/** A thread as it comes together, and where its parts came from. */
interface Gathering extends Bundle {
  at: string;
  listed: boolean;
  places: Map<string, string>;
}

/**
 * An export of rethread names a thread's objects one after another and in their order, and so is taken in as it is read.
 * Of anything else all is read first: messages may come in any order, from several files.
 */
export async function importEntries(
  domain: Domain,
  entries: AsyncIterable<Located>,
  { onProblem, onProgress = () => {}, signal }: ImportOptions,
): Promise<ImportReport> {
  const report: ImportReport = { seen: none(), added: none() };
  const threads = new Map<string, Gathering>();
  let inOrder = false;

  const place = async (gathering: Gathering) => {
    if (signal?.aborted) return;
    try {
      const bundle = inOrder ? gathering : sorted(gathering);
      const added = await placeThread(domain, bundle);
      for (const kind of ['threads', 'messages', 'runs', 'steps'] as const) report.added[kind] += added[kind];
      await tellLost(domain, gathering, onProblem);
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      onProblem({ at: gathering.at, problem: error.message });
    }
    onProgress(report);
  };
  const placeAll = async () => {
    for (const gathering of threads.values()) await place(gathering);
    threads.clear();
  };

  for await (const located of entries) {
    if (signal?.aborted) break;
    const { entry } = located;
    if (entry.type === 'header') {
      await placeAll();
      inOrder = true;
      continue;
    }
    report.seen[COUNTED[entry.type]] += 1;
    if (entry.type === 'assistant') {
      if (await placeAssistant(domain, entry.value)) report.added.assistants += 1;
    } else if (entry.type === 'file') {
      if (await restoreFile(domain, entry.value, entry.content)) report.added.files += 1;
    } else {
      if (inOrder && entry.type === 'thread') await placeAll();
      gather(threads, located, entry);
    }
    onProgress(report);
  }
  await placeAll();
  return report;
}

type OfThread = Extract<Entry, { type: 'thread' | 'message' | 'run' | 'step' }>;

function gather(threads: Map<string, Gathering>, { at, listed }: Located, entry: OfThread): void {
  const threadId = entry.type === 'thread' ? entry.value.id : entry.value.thread_id;
  const gathering: Gathering = threads.get(threadId) ?? {
    threadId,
    messages: [],
    runs: [],
    steps: [],
    at,
    listed: false,
    places: new Map(),
  };
  threads.set(threadId, gathering);
  gathering.listed ||= listed && entry.type !== 'thread';
  gathering.places.set(entry.value.id, at);
  if (entry.type === 'thread') gathering.thread ??= entry.value;
  else if (entry.type === 'message') gathering.messages.push(entry.value);
  else if (entry.type === 'run') gathering.runs.push({ run: entry.value, extra: entry.extra });
  else gathering.steps.push(entry.value);
}

function sorted({ listed, ...bundle }: Gathering): Bundle {
  const runs = new Map(bundle.runs.map((one) => [one.run.id, one]));
  return {
    ...bundle,
    messages: oldestFirst(bundle.messages, listed),
    runs: oldestFirst(
      [...runs.values()].map(({ run }) => run),
      listed,
    ).flatMap(({ id }) => runs.get(id) ?? []),
    steps: oldestFirst(bundle.steps, listed),
  };
}

/** A step cannot be reached without its run. */
async function tellLost(
  { store }: Domain,
  { threadId, runs, steps, places }: Gathering,
  onProblem: ImportOptions['onProblem'],
) {
  const known = new Set(runs.map(({ run }) => run.id));
  for (const { id, run_id } of steps) {
    if (known.has(run_id) || (await store.get<RunRecord>(keys.run(threadId, run_id)))) continue;
    onProblem({
      at: places.get(id) ?? '',
      problem: `the step ${id} belongs to ${run_id}, which is not there`,
    });
  }
}
