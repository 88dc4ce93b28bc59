/** The four majors of the openai package, as far as they are installed where the suite runs. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SdkClass } from './context.ts';

export const majors = [4, 5, 6, 7] as const;
export type Major = (typeof majors)[number];

/** Constructors by major, e.g. `{ 6: OpenAI }`. */
export type Sdks = Partial<Record<Major, unknown>>;

/**
 * Looks for packages called openai4 … openai7, and for openai itself, which counts as the major it is: first where the suite
 * runs, then beside the suite.
 */
export async function installedSdks(given: Sdks = {}): Promise<Map<number, SdkClass>> {
  const found = new Map<number, SdkClass>();
  const add = (major: number, value: unknown) => {
    if (typeof value === 'function' && !found.has(major)) found.set(major, value as SdkClass);
  };
  for (const [major, value] of Object.entries(given)) add(Number(major), value);
  for (const load of [fromWorkingDirectory, fromHere]) {
    for (const major of majors)
      if (!found.has(major)) add(major, (await load(`openai${major}`))?.['default']);
    const [plain, version] = [await load('openai'), await load('openai/version')];
    add(Number.parseInt(String(version?.['VERSION'] ?? ''), 10), plain?.['default']);
  }
  return found;
}

type Module = Record<string, unknown>;

async function fromWorkingDirectory(name: string): Promise<Module | undefined> {
  try {
    const { resolve } = createRequire(path.join(process.cwd(), 'package.json'));
    return (await import(pathToFileURL(resolve(name)).href)) as Module;
  } catch {
    return undefined;
  }
}

/** The name is no literal, so that nobody's bundler or type checker looks for a package that may not be there. */
async function fromHere(name: string): Promise<Module | undefined> {
  try {
    return (await import(name)) as Module;
  } catch {
    return undefined;
  }
}
