/**
 * What can be set, where from, and what happens when it is wrong.
 *
 * Options given in code win over `RETHREAD_*` environment variables, and these over `rethread.config.{ts,js,json}`.
 */
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import { z } from 'zod';
import type { AssistantParams } from './assistants/params.ts';
import type { BuiltInTool } from './assistants/types.ts';
import { durationMs } from './duration.ts';
import { bodiesWith } from './http/openai/schemas.ts';
import type { BusyThread } from './runs/busy.ts';
import { OPENAIS_OWN, type Tool } from './tools/define.ts';
import { type PluginOptions, pluginOptions } from './tools/plugin-options.ts';
import { httpUrl, type ToolSettings, toolSettings } from './tools/settings.ts';
import { type CustomProfile, type ProfileName, profileOption } from './upstream/profiles.ts';

/** An assistant of the configuration. Its tools may be any that rethread knows, e.g. `{ type: 'calculator' }`. */
export interface DeclaredAssistant extends Omit<AssistantParams, 'tools'> {
  tools?: (BuiltInTool | { type: string; [config: string]: unknown })[] | null | undefined;
}

export type LogLevel = 'info' | 'warn' | 'error';

export interface RethreadOptions {
  /**
   * Where threads live: `file:<directory>`, `sqlite://…`, `redis://…`, `postgres://…`, `memory:`, or a Keyv instance.
   * @default 'file:.rethread'
   */
  store?: string | Keyv | KeyvStoreAdapter;
  /**
   * Where the processes of several hosts meet: `redis://…`. They take their locks and leases there, also for data in
   * PostgreSQL, and hear there what happens to each other's runs. Without it runs are this process's own affair.
   */
  queue?: string;
  /** Keeps the keys of several rethreads apart in one Redis or database. @default 'rethread' */
  namespace?: string;
  /**
   * What the upstream can do. By default told by its address: `azure` and `dashscope` for their hosts, otherwise
   * `openai`. An object is a profile of one's own, that extends one of these.
   */
  profile?: ProfileName | CustomProfile;
  /**
   * Has responses made in the background, where the profile has that: a run whose process dies, or whose connection breaks,
   * goes on with the model call it had begun. They are stored upstream until they have been read.
   * @default false
   */
  background?: boolean;
  /** Old model names to new ones, e.g. `{ 'gpt-4-turbo': 'gpt-4.1' }`. Objects keep showing the old name. */
  models?: Record<string, string>;
  /** Assistants by id, so that ids in your database and environment keep working: the bodies of `assistants.create`. */
  assistants?: Record<string, DeclaredAssistant>;
  /** Tools that runs may have beside OpenAI's and rethread's own; see `defineTool`. */
  tools?: Tool[];
  /** Tools that other servers carry out, by the type that assistants name: endpoints, OpenAPI documents, MCP servers. */
  plugins?: Record<string, PluginOptions>;
  /** What the tools that come with rethread can be told, by their type. */
  toolSettings?: ToolSettings;
  /** Where this process is reached from outside, e.g. `https://assistants.example.com`: images that tools make get URLs there. */
  publicURL?: string;
  /** Seconds until a run that has not ended expires (§2.1). @default 600 */
  runExpiry?: number;
  /** Seconds after which the runs of a process that died are taken up by another. @default 15 */
  recoverAfter?: number;
  /** Removes threads that were not used for so long, e.g. `30d`, with all that hangs on them. Without it nothing expires. */
  retention?: string;
  /** Runs carried out at the same time, 10 000 at most; more wait as `queued`. @default 100 */
  concurrency?: number;
  /** What a request finds on a thread that a run holds: the original's 400, its turn in a queue, or the run cancelled. @default 'reject' */
  busyThread?: BusyThread;
  /** Retries of a failed call upstream. @default 2 */
  maxRetries?: number;
  /** Milliseconds the upstream may take to begin its answer. @default 600000 */
  timeout?: number;
  /** Largest request body in bytes. @default 33554432 */
  maxBodyBytes?: number;
  /** Milliseconds between comments on an idle stream; 0 for none. @default 15000 */
  keepAlive?: number;
  /** Sends `id:` lines on every stream, not only on those taken up again. @default false */
  streamEventIds?: boolean;
  /** What becomes of a run in progress when its client leaves the stream: it goes on as in the original, or is cancelled. @default 'continue' */
  onDisconnect?: 'continue' | 'cancel';
  /** For platforms that freeze a process after its response: told of every run in progress. */
  waitUntil?: (work: Promise<unknown>) => void;
  /** Told what happens. By default warnings and errors go to the console. Never given a key. */
  log?: (level: LogLevel, message: string, details?: Record<string, unknown>) => void;
}

/** Where `createAssistants` calls, when it is not in front of a client. */
export interface UpstreamAddress {
  /** @default process.env.OPENAI_BASE_URL, then https://api.openai.com/v1 */
  baseURL?: string;
  /** @default the `Authorization` of the request, then process.env.OPENAI_API_KEY */
  apiKey?: string;
  headers?: Record<string, string>;
  fetch?: typeof globalThis.fetch;
}

const positive = z.coerce.number().positive();
const yesOrNo = z.union([z.boolean(), z.stringbool()], { error: 'expected true or false' });
const func = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);

/** A store that a helper describes is made by a call upstream, and a declaration makes none. */
// Which types there are is known only when all options have been put together.
const declaredAssistant = bodiesWith((type) => !OPENAIS_OWN.includes(type)).assistantCreate.refine(
  ({ tool_resources }) => !tool_resources?.file_search?.vector_stores,
  {
    path: ['tool_resources', 'file_search', 'vector_stores'],
    error: 'a declared assistant takes vector_store_ids, the ids of stores that exist',
  },
);

/** A message names the field; see {@link parseOptions}. */
const schema = z.strictObject({
  store: z
    .union([
      z.string().regex(/^(memory:|file:.+|sqlite:\/\/|rediss?:\/\/|postgres(ql)?:\/\/)/, {
        error: 'expected memory:, file:<directory>, sqlite://, redis:// or postgres://',
      }),
      z.custom<Keyv | KeyvStoreAdapter>(
        (value) => typeof value === 'object' && value !== null && 'get' in value,
      ),
    ])
    .optional(),
  queue: z
    .string()
    .regex(/^rediss?:\/\//, { error: 'expected redis://' })
    .optional(),
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,40}$/, {
      error: 'expected lower-case letters, digits and _, up to 41, beginning with a letter',
    })
    .optional(),
  profile: profileOption.optional(),
  background: yesOrNo.optional(),
  models: z.record(z.string(), z.string().min(1)).optional(),
  assistants: z.record(z.string().startsWith('asst'), declaredAssistant).optional(),
  tools: z
    .array(
      z.custom<Tool>(
        (value) => typeof value === 'object' && value !== null && 'type' in value && 'functions' in value,
        'expected what defineTool gives',
      ),
    )
    .optional(),
  plugins: pluginOptions.optional(),
  toolSettings: toolSettings.optional(),
  publicURL: httpUrl.optional(),
  runExpiry: positive.int().optional(),
  recoverAfter: z.coerce.number().min(1).max(3600).optional(),
  retention: z
    .string()
    .refine((text) => durationMs(text) !== undefined, 'expected a span of time such as 30d, 12h or 45m')
    .optional(),
  concurrency: positive.int().optional(),
  busyThread: z.enum(['reject', 'enqueue', 'interrupt']).optional(),
  maxRetries: z.coerce.number().int().min(0).optional(),
  timeout: positive.optional(),
  maxBodyBytes: positive.int().optional(),
  keepAlive: z.coerce.number().min(0).optional(),
  streamEventIds: yesOrNo.optional(),
  onDisconnect: z.enum(['continue', 'cancel']).optional(),
  waitUntil: func.optional(),
  log: func.optional(),
});

/** A setting that cannot be used; the message names the field and where it came from. */
export class OptionsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OptionsError';
  }
}

/** @param source e.g. `withAssistants options` @throws OptionsError */
export function parseOptions(options: unknown, source: string): RethreadOptions {
  return parse(schema, options, source) as RethreadOptions;
}

const upstreamSchema = z.strictObject({
  baseURL: z
    .url({ protocol: /^https?$/, error: 'expected a URL, as in https://api.openai.com/v1' })
    .optional(),
  apiKey: z.string().min(1, { error: 'expected a key, got an empty string' }).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  fetch: func.optional(),
});

/** @throws OptionsError */
export function parseUpstream(address: unknown, source: string): UpstreamAddress {
  return parse(upstreamSchema, address, source) as UpstreamAddress;
}

function parse(wanted: z.ZodType, value: unknown, source: string): unknown {
  const { success, data, error } = wanted.safeParse(value ?? {});
  if (success) return data;
  const problems = error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return `${issue.keys.map((key) => `'${[...issue.path, key].join('.')}'`).join(', ')}: no such option`;
    return `${issue.path.join('.') || 'options'}: ${issue.message}`;
  });
  throw new OptionsError(`${source}: ${problems.join('; ')}`);
}

/** Environment variables by option. Objects are JSON. */
const ENVIRONMENT = {
  store: 'RETHREAD_STORE',
  queue: 'RETHREAD_QUEUE',
  namespace: 'RETHREAD_NAMESPACE',
  profile: 'RETHREAD_PROFILE',
  background: 'RETHREAD_BACKGROUND',
  models: 'RETHREAD_MODELS',
  assistants: 'RETHREAD_ASSISTANTS',
  plugins: 'RETHREAD_PLUGINS',
  toolSettings: 'RETHREAD_TOOL_SETTINGS',
  publicURL: 'RETHREAD_PUBLIC_URL',
  runExpiry: 'RETHREAD_RUN_EXPIRY',
  recoverAfter: 'RETHREAD_RECOVER_AFTER',
  retention: 'RETHREAD_RETENTION',
  concurrency: 'RETHREAD_CONCURRENCY',
  busyThread: 'RETHREAD_BUSY_THREAD',
  maxRetries: 'RETHREAD_MAX_RETRIES',
  timeout: 'RETHREAD_TIMEOUT',
  maxBodyBytes: 'RETHREAD_MAX_BODY_BYTES',
  keepAlive: 'RETHREAD_KEEP_ALIVE',
  streamEventIds: 'RETHREAD_STREAM_EVENT_IDS',
  onDisconnect: 'RETHREAD_ON_DISCONNECT',
} as const;

const JSON_VALUED: ReadonlySet<string> = new Set(['models', 'assistants', 'plugins', 'toolSettings']);

/** @throws OptionsError that names the variable */
export function optionsFromEnvironment(env: Record<string, string | undefined>): RethreadOptions {
  const options: RethreadOptions = {};
  for (const [field, variable] of Object.entries(ENVIRONMENT)) {
    const value = env[variable];
    if (value === undefined || value === '') continue;
    Object.assign(
      options,
      parseOptions({ [field]: JSON_VALUED.has(field) ? json(value, variable) : value }, variable),
    );
  }
  return options;
}

function json(text: string, variable: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OptionsError(`${variable}: expected JSON`);
  }
}

/** Later sources win; `models`, `assistants`, `plugins` and `tools` are merged entry by entry. */
export function mergeOptions(...sources: RethreadOptions[]): RethreadOptions {
  const given = sources.map((source) =>
    Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)),
  ) as RethreadOptions[];
  return Object.assign({}, ...given, {
    models: Object.assign({}, ...given.map(({ models }) => models)),
    assistants: Object.assign({}, ...given.map(({ assistants }) => assistants)),
    plugins: Object.assign({}, ...given.map(({ plugins }) => plugins)),
    tools: given.flatMap(({ tools = [] }) => tools),
  });
}

/**
 * Opens nothing: says what cannot go together, before anything is opened.
 * @throws OptionsError
 */
export function checkQueue({ queue, store }: RethreadOptions): void {
  if (queue === undefined || typeof store !== 'string' || !/^(memory|sqlite):/.test(store)) return;
  throw new OptionsError(
    `queue: other processes cannot share the store ${store.replace(/:.*/s, ':')}; use redis://, postgres:// or file:`,
  );
}
