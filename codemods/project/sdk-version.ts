/**
 * Which version of `openai` a file runs with: the installed one, else the pinned one, else what the range or the URL of
 * the import allows. Arguments are repaired by this, since code that was never run against it proves nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isSdkModule } from '../flow/sdk-module.ts';
import { lockedVersion, rangeOf } from './lockfiles.ts';
import type { Packages } from './packages.ts';

export interface SdkVersion {
  major: number;
  minor: number;
  text: string;
  /** `pinned`: by a lockfile, or by an exact version in package.json. */
  from: 'node_modules' | 'pinned' | 'range' | 'import';
}

/** From here on SDK 4 speaks version 2 of the Assistants API. */
export const FIRST_V2 = { major: 4, minor: 37 };
/** From here on vector stores are at `client.vectorStores`, and `client.beta.vectorStores` is gone. */
export const VECTOR_STORES_MOVED = { major: 4, minor: 87 };
/** From here on `runs.stream` exists, which `runs.createAndStream` became. */
export const STREAM_RENAMED = { major: 4, minor: 32 };

export function atLeast(version: SdkVersion, minimum: { major: number; minor: number }): boolean {
  return version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor);
}

export class SdkVersions {
  readonly #packages: Packages;
  readonly #byDir = new Map<string, SdkVersion | undefined>();

  constructor(packages: Packages) {
    this.#packages = packages;
  }

  /** `specifiers`: what the file (or the file that makes its client) imports. */
  of(file: string, specifiers: readonly string[] = []): SdkVersion | undefined {
    for (const specifier of specifiers) {
      const pinned = /openai@v?(\d[^/?]*)/.exec(specifier);
      if (pinned?.[1] !== undefined && isSdkModule(specifier)) return parse(pinned[1], 'import');
    }
    const dir = path.posix.dirname(file);
    if (!this.#byDir.has(dir)) this.#byDir.set(dir, this.#find(file));
    return this.#byDir.get(dir);
  }

  #find(file: string): SdkVersion | undefined {
    const installed = installedVersion(path.posix.dirname(file));
    if (installed !== undefined) return parse(installed, 'node_modules');
    let range: string | undefined;
    for (const owner of this.#packages.around(file)) {
      if (owner.json.name === 'openai')
        return parse((owner.json as { version?: string }).version ?? '', 'range');
      const own = rangeOf(owner, 'openai');
      if (own === undefined) continue;
      range ??= own;
      const locked = lockedVersion(owner, 'openai');
      if (locked !== undefined) return parse(locked, 'pinned');
    }
    if (range === undefined) return undefined;
    return parse(range, /^=?\d+\.\d+\.\d+/.test(range) ? 'pinned' : 'range');
  }
}

function installedVersion(start: string): string | undefined {
  for (let dir = start; ; dir = path.posix.dirname(dir)) {
    const manifest = `${dir}/node_modules/openai/package.json`;
    if (existsSync(manifest)) {
      try {
        const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
        if (typeof version === 'string') return version;
      } catch {
        return undefined;
      }
    }
    if (existsSync(`${dir}/.git`) || path.posix.dirname(dir) === dir) return undefined;
  }
}

/** The first version number in a version or range; `undefined` for `*`, `latest`, `workspace:*` and the like. */
function parse(text: string, from: SdkVersion['from']): SdkVersion | undefined {
  const match = /(\d+)(?:\.(\d+))?/.exec(text.replace(/^npm:[^@]*@/, ''));
  if (!match) return undefined;
  return { major: Number(match[1]), minor: Number(match[2] ?? 0), text, from };
}
