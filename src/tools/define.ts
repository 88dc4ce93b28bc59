/** What a tool is that rethread runs itself, inside a run (DESIGN decision 10). */
import { z } from 'zod';
import type { ImageType, SavedImage } from '../files/images.ts';
import type { Upstream } from '../upstream/client.ts';
import type { Profile } from '../upstream/profile.ts';

/** What a tool's `execute` is given beside its arguments. */
export interface ToolContext {
  /** Aborts when the run is cancelled or expires, and when the tool's time is up. */
  signal: AbortSignal;
  runId: string;
  threadId: string;
  /** Stays the same when a call is made again after a crash: an effect that must not happen twice can be keyed by it. */
  callId: string;
  /** The tool's entry in the run's `tools`, with all that was given there. */
  tool: Readonly<{ type: string; [config: string]: unknown }>;
  /** Keeps an image as a file of the run, for as long as its thread lives; with `publicURL` set it has a URL as well. */
  saveImage(image: Uint8Array, type: ImageType): Promise<SavedImage>;
}

/** For the tools that come with rethread. */
export interface HostContext extends ToolContext {
  /** The provider, called as whoever started the run. */
  upstream: Upstream;
}

export interface ToolDefinition<Parameters extends z.ZodType> {
  /** The name under which assistants and runs ask for the tool: `tools: [{ type }]`. 1 to 64 of letters, digits, `_`, `-` and `.`. */
  type: string;
  /** Tells the model what the tool does, and when to use it. */
  description: string;
  /** A zod object. What the model sends is checked against it; the model is told what is wrong and may try again. */
  parameters: Parameters;
  /**
   * Does the work. A text goes to the model as it is, any other value as JSON. What it throws is told to the model as
   * well, and recorded in the step; the run goes on.
   */
  execute(args: z.output<Parameters>, context: ToolContext): unknown;
  /** Milliseconds that one call may take. @default 60000 */
  timeout?: number;
  /** Characters of output that the model gets to see; the rest is cut off. @default 100000 */
  maxOutput?: number;
}

/** A function that the model can call. */
export interface ToolFunction {
  /** What it would like to be called; another name is taken where this one is not free. */
  name: string;
  description: string;
  /** A JSON schema. */
  parameters: Record<string, unknown>;
  timeout: number;
  maxOutput: number;
  /**
   * @param args as the model wrote them: anything JSON can hold
   * @throws what the model is to be told
   */
  call(args: unknown, context: HostContext): Promise<unknown>;
}

/** A tool that runs can use, made by {@link defineTool} or from the configuration of a plugin. */
export interface Tool {
  readonly type: string;
  /**
   * The functions that stand for it in a request, for one entry of a run's `tools`.
   * @throws when they cannot be found out now, e.g. because the server that knows them does not answer
   */
  functions(tool: ToolContext['tool'], signal: AbortSignal): Promise<ToolFunction[]>;
  /** Whether it can work over this upstream; where it cannot, runs that ask for it are refused. @default always */
  serves?(profile: Profile): boolean;
}

export const TIMEOUT_MS = 60_000;
export const MAX_OUTPUT = 100_000;

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;
export const OPENAIS_OWN: readonly string[] = ['function', 'file_search', 'code_interpreter'];

/** @throws TypeError for a name that no tool can have */
export function checkType(type: unknown): asserts type is string {
  if (typeof type !== 'string' || !TYPE.test(type))
    throw new TypeError(
      `defineTool: a type is 1 to 64 of letters, digits, "_", "-" and ".", got ${JSON.stringify(type)}.`,
    );
  if (OPENAIS_OWN.includes(type))
    throw new TypeError(`defineTool: '${type}' is a tool of the API itself; choose another type.`);
}

/**
 * A tool of your own, which runs inside the run: hand it to `withAssistants` or `createAssistants` as `tools: [...]`,
 * and let assistants have `{ type: '<its type>' }` among their tools. It never leads to `requires_action`; its calls are
 * shown in run steps like those of a function.
 *
 * @example
 * const weather = defineTool({
 *   type: 'weather',
 *   description: 'The weather in a city, now.',
 *   parameters: z.object({ city: z.string() }),
 *   execute: async ({ city }, { signal }) => (await fetch(`${url}?q=${encodeURIComponent(city)}`, { signal })).text(),
 * });
 *
 * @throws TypeError for a definition that cannot be used
 */
export function defineTool<Parameters extends z.ZodType>(definition: ToolDefinition<Parameters>): Tool {
  return defineHostTool(definition);
}

/** The same for tools that call the upstream. */
export function defineHostTool<Parameters extends z.ZodType>(
  definition: Omit<ToolDefinition<Parameters>, 'execute'> & {
    execute(args: z.output<Parameters>, context: HostContext): unknown;
  } & Pick<Tool, 'serves'>,
): Tool {
  const { type, description, parameters, timeout = TIMEOUT_MS, maxOutput = MAX_OUTPUT } = definition;
  checkType(type);
  if (typeof description !== 'string' || typeof definition.execute !== 'function')
    throw new TypeError(`defineTool: '${type}' needs a description and an execute function.`);
  const schema = schemaOf(type, parameters);
  return {
    type,
    ...(definition.serves && { serves: definition.serves }),
    async functions() {
      return [
        {
          name: type,
          description,
          parameters: schema,
          timeout,
          maxOutput,
          async call(args, context) {
            const parsed = await parameters.safeParseAsync(args);
            if (!parsed.success)
              throw new Error(`The arguments are not what the tool takes.\n${z.prettifyError(parsed.error)}`);
            return definition.execute(parsed.data, context);
          },
        },
      ];
    },
  };
}

function schemaOf(type: string, parameters: z.ZodType): Record<string, unknown> {
  try {
    const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
    if (schema.type === 'object') return schema;
  } catch (error) {
    throw new TypeError(`defineTool: the parameters of '${type}' are no zod 4 schema (${error}).`);
  }
  throw new TypeError(`defineTool: the parameters of '${type}' have to be an object (z.object({ … })).`);
}
