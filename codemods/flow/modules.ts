/**
 * Which file an import means: relative paths, tsconfig `paths` and `baseUrl`, packages of the same workspace, `#imports`,
 * `_moduleAliases`, Deno import maps and the aliases that bundlers are commonly given. Everything else is external, and
 * node_modules is never entered.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';
import type { Config, Configs } from '../project/configs.ts';
import { findGitRoot } from '../project/discover.ts';
import type { Package, Packages } from '../project/packages.ts';
import type { Texts } from '../source/texts.ts';
import { isSdkModule } from './sdk-module.ts';

export type Resolved = { kind: 'file'; path: string } | { kind: 'external'; specifier: string };

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
/** What an emitted extension stands for in the source. */
const EMITTED: Record<string, string[]> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

export class Modules {
  readonly #texts: Texts;
  readonly #packages: Packages;
  readonly #configs: Configs;
  readonly #cache = new Map<string, Resolved>();
  readonly #importMaps = new Map<string, Record<string, string> | undefined>();

  constructor(texts: Texts, packages: Packages, configs: Configs) {
    this.#texts = texts;
    this.#packages = packages;
    this.#configs = configs;
  }

  resolve(specifier: string, from: string): Resolved {
    const dir = path.posix.dirname(from);
    const key = `${dir}\0${specifier}`;
    let found = this.#cache.get(key);
    if (!found) {
      found = this.#resolve(specifier, from, dir);
      this.#cache.set(key, found);
    }
    return found;
  }

  #resolve(specifier: string, from: string, dir: string): Resolved {
    const mapped = this.#importMap(dir, specifier) ?? specifier;
    if (/^(?:https?:|npm:|jsr:|node:|bun:|data:)/.test(mapped))
      return { kind: 'external', specifier: mapped };
    const file =
      mapped.startsWith('.') || mapped.startsWith('/')
        ? this.#file(path.posix.resolve(dir, mapped))
        : this.#bare(mapped, from);
    return file === undefined ? { kind: 'external', specifier: mapped } : { kind: 'file', path: file };
  }

  #bare(specifier: string, from: string): string | undefined {
    // The SDK may be a package of the workspace, or be mapped (its own examples); it is still the SDK.
    if (isSdkModule(specifier)) return undefined;
    const config = this.#configs.of(from);
    for (const base of this.#mappedByConfig(config, specifier)) {
      const file = this.#file(base);
      if (file !== undefined) return file;
    }
    const own = this.#packages.of(from);
    const name = packageName(specifier);
    const workspace = this.#packages.named(name);
    if (workspace) return this.#inPackage(workspace, specifier.slice(name.length + 1));
    for (const base of conventional(specifier, own, from)) {
      const file = this.#file(base);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  *#mappedByConfig(config: Config | undefined, specifier: string): Generator<string> {
    if (!config) return;
    const referenced = config.references.map((file) => this.#configs.read(file));
    for (const candidate of [config, ...referenced]) {
      if (!candidate) continue;
      for (const [pattern, targets] of Object.entries(candidate.options.paths ?? {})) {
        const rest = matchStar(pattern, specifier);
        if (rest === undefined) continue;
        for (const target of targets) {
          yield path.posix.resolve(
            candidate.pathsBase,
            target.replace('*', () => rest),
          );
        }
      }
      if (candidate.options.baseUrl !== undefined) {
        yield path.posix.resolve(candidate.options.baseUrl, specifier);
      }
    }
  }

  /** A file of a workspace package: what its `exports` or `main` name, found in its sources when it isn't built. */
  #inPackage(workspace: Package, subpath: string): string | undefined {
    const { json, dir } = workspace;
    const named = [
      ...exportTargets(json.exports, subpath === '' ? '.' : `./${subpath}`),
      ...(subpath === '' ? [json.types, json.module, json.main] : [subpath]),
    ].filter((target) => target !== undefined);
    const candidates = named.flatMap((target) => [target, ...sourcesOf(target)]);
    if (subpath === '') candidates.push('src/index', 'index', 'src/main', 'lib/index');
    else candidates.push(`src/${subpath}`);
    for (const candidate of candidates) {
      const file = this.#file(path.posix.resolve(dir, candidate));
      if (file !== undefined && !file.endsWith('.d.ts')) return file;
    }
    return undefined;
  }

  #file(base: string): string | undefined {
    const extension = path.posix.extname(base);
    if (EXTENSIONS.includes(extension) && this.#exists(base)) return base;
    const stem = base.slice(0, base.length - extension.length);
    for (const source of EMITTED[extension] ?? []) {
      if (this.#exists(stem + source)) return stem + source;
    }
    for (const each of EXTENSIONS) if (this.#exists(base + each)) return base + each;
    for (const each of EXTENSIONS) if (this.#exists(`${base}/index${each}`)) return `${base}/index${each}`;
    return undefined;
  }

  #exists(file: string): boolean {
    return this.#texts.has(file) || (existsSync(file) && statSync(file).isFile());
  }

  #importMap(dir: string, specifier: string): string | undefined {
    const map = this.#mapAbove(dir);
    if (!map) return undefined;
    const exact = map[specifier];
    if (exact !== undefined) return exact;
    const prefix = Object.keys(map).find((key) => key.endsWith('/') && specifier.startsWith(key));
    return prefix === undefined ? undefined : (map[prefix] ?? '') + specifier.slice(prefix.length);
  }

  #mapAbove(dir: string): Record<string, string> | undefined {
    if (!this.#importMaps.has(dir)) {
      const parent = path.posix.dirname(dir);
      const own = readImportMap(dir);
      this.#importMaps.set(dir, own ?? (parent === dir ? undefined : this.#mapAbove(parent)));
    }
    return this.#importMaps.get(dir);
  }
}

function readImportMap(dir: string): Record<string, string> | undefined {
  for (const name of ['deno.json', 'deno.jsonc', 'import_map.json']) {
    const file = `${dir}/${name}`;
    if (!existsSync(file)) continue;
    const { config } = ts.parseConfigFileTextToJson(file, readFileSync(file, 'utf8'));
    const imports: unknown = config?.imports;
    if (typeof imports !== 'object' || imports === null) continue;
    return Object.fromEntries(
      Object.entries(imports)
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .map(([key, target]) => [
          key,
          target.startsWith('.')
            ? path.posix.resolve(dir, target) + (target.endsWith('/') ? '/' : '')
            : target,
        ]),
    );
  }
  return undefined;
}

/** The package part of a bare specifier. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function matchStar(pattern: string, specifier: string): string | undefined {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === specifier ? '' : undefined;
  const head = pattern.slice(0, star);
  const tail = pattern.slice(star + 1);
  if (!specifier.startsWith(head) || !specifier.endsWith(tail)) return undefined;
  if (specifier.length < head.length + tail.length) return undefined;
  return specifier.slice(head.length, specifier.length - tail.length);
}

/** Files that an `exports` (or `imports`) entry may lead to, whatever the condition. */
function exportTargets(exports: unknown, subpath: string): string[] {
  if (typeof exports === 'string') return subpath === '.' ? [exports] : [];
  if (typeof exports !== 'object' || exports === null) return [];
  if (Array.isArray(exports)) return exports.flatMap((each) => exportTargets(each, subpath));
  const found: string[] = [];
  for (const [key, value] of Object.entries(exports)) {
    if (!key.startsWith('.') && !key.startsWith('#')) {
      found.push(...exportTargets(value, subpath));
      continue;
    }
    const rest = matchStar(key, subpath);
    if (rest === undefined) continue;
    found.push(...exportTargets(value, '.').map((target) => target.replace('*', () => rest)));
  }
  return found;
}

/** Where the source of a built file usually is: `dist/x.js` comes from `src/x.ts`. */
function sourcesOf(target: string): string[] {
  const stem = target.replace(/^\.\//, '').replace(/\.d\.[mc]?ts$|\.[mc]?[jt]sx?$/, '');
  const inner = stem.replace(/^(?:dist|build|lib|out|es|esm|cjs)\/(?:esm\/|cjs\/|src\/)?/, '');
  return [`src/${inner}`, inner, stem];
}

/** Aliases that need no configuration a static tool can read: bundlers' `@/`, Nuxt's `~/`, Svelte's `$lib/`, `#lib`. */
function* conventional(specifier: string, own: Package | undefined, from: string): Generator<string> {
  const dir = own?.dir ?? path.posix.dirname(from);
  if (own) {
    for (const [alias, target] of Object.entries(own.json._moduleAliases ?? {})) {
      if (specifier === alias || specifier.startsWith(`${alias}/`)) {
        yield path.posix.resolve(dir, target, `.${specifier.slice(alias.length)}`);
      }
    }
    if (specifier.startsWith('#')) {
      for (const target of exportTargets(own.json.imports ?? {}, specifier))
        yield path.posix.resolve(dir, target);
    }
  }
  const alias = /^(?:@|~|~~|@@|#)\/(.+)$/.exec(specifier)?.[1];
  const library = /^\$lib\/(.+)$/.exec(specifier)?.[1];
  if (library !== undefined) yield `${dir}/src/lib/${library}`;
  if (alias === undefined && !/^(?:src|app|lib|server)\//.test(specifier)) return;
  const rest = alias ?? specifier;
  const top = findGitRoot(from) ?? dir;
  for (let at = path.posix.dirname(from); at.length >= top.length; at = path.posix.dirname(at)) {
    if (at.length > dir.length) continue;
    yield `${at}/${rest}`;
    yield `${at}/src/${rest}`;
    yield `${at}/app/${rest}`;
    if (path.posix.dirname(at) === at) return;
  }
}
