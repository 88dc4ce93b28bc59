/** package.json files: which one a file belongs to, which packages the workspace has, what they say. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Package {
  /** Directory, absolute, with forward slashes. */
  dir: string;
  file: string;
  /** Text as on disk. */
  text: string;
  json: PackageJson;
}

export interface PackageJson {
  name?: string;
  type?: string;
  main?: string;
  module?: string;
  types?: string;
  exports?: unknown;
  imports?: Record<string, unknown>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
  jest?: unknown;
  /** Of the `module-alias` package. */
  _moduleAliases?: Record<string, string>;
}

export const DEPENDENCY_SECTIONS = [
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
] as const;

export class Packages {
  readonly #byDir = new Map<string, Package | undefined>();
  readonly #manifests: readonly string[];
  #names: Map<string, Package> | undefined;

  constructor(manifests: readonly string[]) {
    this.#manifests = manifests;
  }

  /** The package whose directory is nearest above `file`. */
  of(file: string): Package | undefined {
    for (let dir = path.posix.dirname(file); ; dir = path.posix.dirname(dir)) {
      const found = this.in(dir);
      if (found) return found;
      if (path.posix.dirname(dir) === dir) return undefined;
    }
  }

  /** All packages from the nearest outwards. */
  *around(file: string): Generator<Package> {
    for (let dir = path.posix.dirname(file); ; dir = path.posix.dirname(dir)) {
      const found = this.in(dir);
      if (found) yield found;
      if (path.posix.dirname(dir) === dir) return;
    }
  }

  in(dir: string): Package | undefined {
    if (!this.#byDir.has(dir)) this.#byDir.set(dir, readPackage(dir));
    return this.#byDir.get(dir);
  }

  /** A package of the workspace by its name. */
  named(name: string): Package | undefined {
    if (!this.#names) {
      this.#names = new Map();
      for (const manifest of this.#manifests) {
        const found = this.in(path.posix.dirname(manifest));
        if (found?.json.name !== undefined) this.#names.set(found.json.name, found);
      }
    }
    return this.#names.get(name);
  }
}

function readPackage(dir: string): Package | undefined {
  const file = `${dir}/package.json`;
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
    return { dir, file, text, json: json as PackageJson };
  } catch {
    return undefined;
  }
}
