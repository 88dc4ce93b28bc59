/** What every operation of the domain works on: one tenant's view of the store, and a clock. */
import type { Store } from '../store/store.ts';
import { mintId, type Prefix } from './ids.ts';
import type { AssistantParams } from './params.ts';

export interface Domain {
  /** Whose view it is. */
  tenant: string;
  store: Store;
  /** Milliseconds since 1970; objects carry whole seconds (§1.3). */
  now(): number;
  /** A new id for what is made, in the shape of the caller's dialect; by default in OpenAI's. */
  mintId?(prefix: Prefix): string;
  /** Seconds from a run's creation to its expiry; 600 in the original (§2.1). */
  runExpiry: number;
  /** Assistants from the configuration, by id. */
  declared: Record<string, AssistantParams>;
  /** Ids for what the present request creates, set aside before it began; each is taken once. */
  idsAhead?: Partial<Record<Prefix, string>>;
}

/** The id that was set aside for the present request, or a new one. */
export function nextId({ idsAhead = {}, mintId: mint = mintId }: Domain, prefix: Prefix): string {
  const id = idsAhead[prefix];
  delete idsAhead[prefix];
  return id ?? mint(prefix);
}

/** The domain's clock in the unit of the wire. */
export function seconds(domain: Domain): number {
  return Math.floor(domain.now() / 1000);
}

/** Names of the store's records and logs. Ids may come from outside, so a name never ends in an id that another name continues. */
export const keys = {
  assistant: (id: string) => `assistant/${id}`,
  assistants: 'assistants',
  thread: (id: string) => `thread/${id}`,
  threads: 'threads',
  /** Threads whose deletion has begun and not ended. */
  deleting: 'deleting',
  message: (threadId: string, id: string) => `message/${threadId}/${id}`,
  messages: (threadId: string) => `messages/${threadId}`,
  run: (threadId: string, id: string) => `run/${threadId}/${id}`,
  runs: (threadId: string) => `runs/${threadId}`,
  step: (runId: string, id: string) => `step/${runId}/${id}`,
  turn: (runId: string, ordinal: number) => `turn/${runId}/${ordinal}`,
  /** Places of what was deleted from a list. */
  gone: (list: string) => `gone/${list}`,
  file: (id: string) => `file/${id}`,
  fileContent: (id: string) => `file-content/${id}`,
};

/** Names of critical sections. */
export const locks = {
  thread: (id: string) => `thread/${id}`,
  /** Around the calls upstream that attachments need, which a thread's own section is too short for. */
  attachments: (threadId: string) => `attachments/${threadId}`,
  /** One section for each list that spans threads. */
  list: (name: string) => `list/${name}`,
};
