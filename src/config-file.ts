/** Reads `rethread.config.{ts,js,json,…}` and `rethread.assistants.json` from the working directory; c12 is loaded only where one is there. */
import { mergeOptions, OptionsError, parseOptions, type RethreadOptions } from './options.ts';

const CONFIG = /^rethread\.config\.(ts|mts|cts|js|mjs|cjs|json)$/;
const ASSISTANTS = 'rethread.assistants.json';

/** @returns no options where there is no file, or no file system. @throws OptionsError */
export async function optionsFromFiles(directory?: string): Promise<RethreadOptions> {
  const fs = await import('node:fs/promises').catch(() => undefined);
  const cwd = directory ?? globalThis.process?.cwd?.();
  if (!fs || !cwd) return {};
  const names = await fs.readdir(cwd).catch((): string[] => []);
  const declared = names.includes(ASSISTANTS) ? await fs.readFile(`${cwd}/${ASSISTANTS}`, 'utf8') : undefined;
  return mergeOptions(
    declared === undefined ? {} : declaredAssistants(declared),
    names.some((name) => CONFIG.test(name)) ? await configFile(cwd) : {},
  );
}

/** What `serve` says in the file, for `rethread serve` and nobody else; undefined where it says nothing. @throws OptionsError */
export async function serveSection(
  cwd: string,
): Promise<{ options: Record<string, unknown>; source: string } | undefined> {
  const { readdir } = await import('node:fs/promises');
  const names = await readdir(cwd).catch((): string[] => []);
  if (!names.some((name) => CONFIG.test(name))) return undefined;
  const { serve: options, source } = await loadFile(cwd);
  if (options === undefined) return undefined;
  if (typeof options === 'object' && options !== null && !Array.isArray(options))
    return { options: options as Record<string, unknown>, source };
  throw new OptionsError(`${source}: serve: expected options of rethread serve`);
}

async function configFile(cwd: string): Promise<RethreadOptions> {
  const { shared, source } = await loadFile(cwd);
  return parseOptions(shared, source);
}

async function loadFile(cwd: string): Promise<{ shared: object; serve: unknown; source: string }> {
  const { loadConfig } = await import('c12');
  const { config, configFile: file } = await loadConfig({
    name: 'rethread',
    cwd,
    rcFile: false,
    dotenv: false,
  }).catch((error: Error) => {
    throw new OptionsError(`rethread.config: ${error.message}`);
  });
  const { serve, ...shared } = config ?? {};
  return { shared, serve, source: file ?? 'rethread.config' };
}

/** Entries that `rethread migrate` left to be filled in have no model yet; they are not declared until they have. */
function declaredAssistants(text: string): RethreadOptions {
  let entries: Record<string, { model?: unknown }>;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new OptionsError(`${ASSISTANTS}: ${(error as Error).message}`);
  }
  const filled = Object.entries(entries ?? {})
    .map(([key, entry]) => [idOf(key), entry] as const)
    .filter(([id, entry]) => id?.startsWith('asst') && entry?.model);
  return parseOptions({ assistants: Object.fromEntries(filled) }, ASSISTANTS);
}

/** `${ASSISTANT_ID}` is the id that this environment variable has; what is not set declares nothing. */
function idOf(key: string): string | undefined {
  const name = /^\$\{(\w+)\}$/.exec(key)?.[1];
  return name === undefined ? key : globalThis.process?.env[name];
}
