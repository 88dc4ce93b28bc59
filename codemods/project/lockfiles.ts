/**
 * The version of one package that a lockfile pins for one directory. Each reader looks for a single entry by the
 * format's own layout; none of them reads the whole graph, so a lockfile of megabytes costs milliseconds.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Package } from './packages.ts';
import { DEPENDENCY_SECTIONS } from './packages.ts';

type Reader = (
  text: string,
  name: string,
  directory: string,
  range: string | undefined,
) => string | undefined;

/** By file name, in the order in which they are believed. */
const READERS: Record<string, Reader> = {
  'package-lock.json': npm,
  'npm-shrinkwrap.json': npm,
  'pnpm-lock.yaml': pnpm,
  'yarn.lock': yarn,
  'bun.lock': bun,
  'deno.lock': deno,
};

/** The pinned version for a package, from the nearest lockfile above it. */
export function lockedVersion(owner: Package, name: string): string | undefined {
  const range = rangeOf(owner, name);
  for (let dir = owner.dir; ; dir = path.posix.dirname(dir)) {
    for (const [file, read] of Object.entries(READERS)) {
      const lockfile = `${dir}/${file}`;
      if (!existsSync(lockfile)) continue;
      const inside = owner.dir === dir ? '.' : owner.dir.slice(dir.length + 1);
      const version = read(readFileSync(lockfile, 'utf8'), name, inside, range);
      if (version !== undefined) return version;
    }
    if (existsSync(`${dir}/.git`) || path.posix.dirname(dir) === dir) return undefined;
  }
}

export function rangeOf(owner: Package, name: string): string | undefined {
  for (const section of DEPENDENCY_SECTIONS) {
    const range = owner.json[section]?.[name];
    if (typeof range === 'string') return range;
  }
  return undefined;
}

interface NpmLock {
  packages?: Record<string, { version?: string }>;
  dependencies?: Record<string, { version?: string }>;
}

function npm(text: string, name: string, directory: string): string | undefined {
  let lock: NpmLock;
  try {
    lock = JSON.parse(text) as NpmLock;
  } catch {
    return undefined;
  }
  const nested = directory === '.' ? undefined : lock.packages?.[`${directory}/node_modules/${name}`];
  return (nested ?? lock.packages?.[`node_modules/${name}`] ?? lock.dependencies?.[name])?.version;
}

/** `importers:` (or, before workspaces, the top level) → directory → section → package → version. */
function pnpm(text: string, name: string, directory: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const unquote = (key: string): string =>
    key
      .trim()
      .replace(/:$/, '')
      .replace(/^['"]|['"]$/g, '');
  const importers = lines.indexOf('importers:');
  let from = 0;
  let indent = 0;
  if (importers >= 0) {
    from = lines.findIndex(
      (line, index) => index > importers && /^ {2}\S/.test(line) && unquote(line) === directory,
    );
    if (from < 0) return undefined;
    indent = 4;
  }
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (importers >= 0 && /^ {0,2}\S/.test(line)) return undefined;
    const depth = line.length - line.trimStart().length;
    const [key, ...value] = line.trim().split(/:\s+|:$/);
    if (depth !== indent + 2 || unquote(key ?? '') !== name) continue;
    const inline = value.join(':').trim();
    if (/^['"]?\d/.test(inline)) return plainVersion(inline);
    for (const below of lines.slice(index + 1, index + 4)) {
      const match = /^\s+version:\s*(\S+)/.exec(below);
      if (match?.[1] !== undefined) return plainVersion(match[1]);
    }
  }
  return undefined;
}

/** `openai@^4.38.2:` (classic) or `"openai@npm:^4.28.0":` (berry), then `version "4.38.2"` or `version: 4.38.2`. */
function yarn(text: string, name: string, _directory: string, range: string | undefined): string | undefined {
  const found: { ranges: string[]; version: string }[] = [];
  const entry = /^(\S[^\n]*):\r?\n(?:[ \t]+[^\n]*\n)*?[ \t]+version:? "?([^"\s]+)"?/gm;
  for (const match of text.matchAll(entry)) {
    const keys = (match[1] ?? '').replaceAll('"', '').split(/,\s*/);
    const ranges = keys
      .filter((key) => key.startsWith(`${name}@`))
      .map((key) => key.slice(name.length + 1).replace(/^npm:/, ''));
    if (ranges.length > 0 && match[2] !== undefined) found.push({ ranges, version: match[2] });
  }
  const exact = found.find((each) => range !== undefined && each.ranges.includes(range));
  return (exact ?? (found.length === 1 ? found[0] : undefined))?.version;
}

/** `"openai": ["openai@6.9.1", …]`, or under `"<workspace package>/openai"` where versions differ. */
function bun(text: string, name: string, _directory: string, range: string | undefined): string | undefined {
  const versions = [
    ...text.matchAll(new RegExp(`^\\s*"(?:[^"]+/)?${name}": \\["${name}@([^"]+)"`, 'gm')),
  ].map((match) => match[1] ?? '');
  const major = /\d+/.exec(range ?? '')?.[0];
  return versions.find((version) => major === undefined || version.startsWith(`${major}.`));
}

/** `"npm:openai@^4.28.0": "4.28.0_zod@3"`. */
function deno(text: string, name: string): string | undefined {
  const match = new RegExp(`"npm:${name}@[^"]*":\\s*"(?:npm:${name}@)?([^"]+)"`).exec(text);
  return match?.[1] === undefined ? undefined : plainVersion(match[1]);
}

/** Without quotes and without what pnpm appends about peers. */
function plainVersion(text: string): string {
  return text.replace(/^['"]|['"]$/g, '').replace(/[(_].*$/, '');
}
