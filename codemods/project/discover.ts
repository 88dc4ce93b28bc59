/**
 * Lists the files of a project: source files of the languages that matter and the manifests beside them, without what
 * .gitignore hides, what package managers brought and what builds left behind.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { glob } from 'tinyglobby';

/** Extensions that are parsed and rewritten. */
const SCRIPT = /\.(?:[mc]?[jt]s|[jt]sx)$/;
/** Single-file components: their script blocks are looked into, but not rewritten. */
const COMPONENT = /\.(?:vue|svelte|astro)$/;
/** Languages that are only reported. */
const FOREIGN = /\.(?:py|ipynb|java|kt|go|cs|php|rb)$/;

const PATTERN = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,vue,svelte,astro,py,ipynb,java,kt,go,cs,php,rb}';
const MANIFESTS = '**/package.json';

/** Never a team's own source, whether or not .gitignore says so. */
const NEVER = [
  '**/node_modules/**',
  '**/.git/**',
  '**/.yarn/**',
  '**/.next/**',
  '**/.nuxt/**',
  '**/.output/**',
  '**/.svelte-kit/**',
  '**/.venv/**',
  '**/venv/**',
  '**/site-packages/**',
  '**/bower_components/**',
  '**/dist/**',
  '**/coverage/**',
  '**/*.min.{js,mjs,cjs}',
];

export interface ProjectFiles {
  /** Absolute paths with forward slashes, sorted. */
  scripts: string[];
  components: string[];
  foreign: string[];
  /** package.json files: they name the packages of a workspace. */
  manifests: string[];
}

export interface DiscoverOptions {
  /** Absolute paths of files or directories. */
  paths: string[];
  include?: string[];
  exclude?: string[];
}

/** `path.resolve` with forward slashes on every system. */
export function absolute(...parts: string[]): string {
  return path.resolve(...parts).replaceAll('\\', '/');
}

export async function discover(options: DiscoverOptions): Promise<ProjectFiles> {
  const found = new Set<string>();
  for (const start of options.paths) {
    if (!existsSync(start)) throw new Error(`there is no file or directory ${start}`);
    if (statSync(start).isFile()) {
      found.add(absolute(start));
      continue;
    }
    const gitRoot = findGitRoot(start);
    const matches = await glob([...(options.include ?? [PATTERN]), MANIFESTS], {
      cwd: start,
      absolute: true,
      dot: true,
      onlyFiles: true,
      followSymbolicLinks: false,
      expandDirectories: true,
      ignore: [...NEVER, ...(options.exclude ?? []), ...prunable(gitRoot ?? start, start)],
    });
    const hidden = gitIgnored(gitRoot ?? absolute(start));
    for (const file of matches) {
      const normal = absolute(file);
      if (!hidden(normal)) found.add(normal);
    }
  }
  const all = [...found].sort();
  return {
    scripts: all.filter((file) => SCRIPT.test(file)),
    components: all.filter((file) => COMPONENT.test(file)),
    foreign: all.filter((file) => FOREIGN.test(file)),
    manifests: all.filter((file) => file.endsWith('/package.json')),
  };
}

/** The nearest ancestor with a `.git` entry (a directory, or a file in worktrees and submodules). */
export function findGitRoot(start: string): string | undefined {
  for (let dir = absolute(start); ; dir = path.posix.dirname(dir)) {
    if (existsSync(`${dir}/.git`)) return dir;
    if (path.posix.dirname(dir) === dir) return undefined;
  }
}

/**
 * Plain directory rules of the outermost .gitignore as glob patterns, so that the walk doesn't descend into a build
 * directory with a hundred thousand files only to throw them away. The exact rules are applied afterwards.
 */
function prunable(top: string, start: string): string[] {
  const file = `${top}/.gitignore`;
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  if (lines.some((line) => line.startsWith('!'))) return [];
  const below = absolute(start) === absolute(top);
  return lines
    .map((line) => line.trim())
    .filter((line) => /^\/?[\w.@-]+(?:\/[\w.@-]+)*\/?$/.test(line))
    .flatMap((line) => {
      const name = line.replace(/\/$/, '');
      if (!name.startsWith('/') && !name.includes('/')) return [`**/${name}/**`];
      return below ? [`${name.replace(/^\//, '')}/**`] : [];
    });
}

/** A test for "git would ignore this", reading each directory's .gitignore once, from `top` downwards. */
function gitIgnored(top: string): (file: string) => boolean {
  const rules = new Map<string, Ignore | undefined>();
  const hiddenDirs = new Map<string, boolean>();

  const rulesOf = (dir: string): Ignore | undefined => {
    if (!rules.has(dir)) {
      const texts = [`${dir}/.gitignore`, ...(dir === top ? [`${dir}/.git/info/exclude`] : [])]
        .filter((file) => existsSync(file) && statSync(file).isFile())
        .map((file) => readFileSync(file, 'utf8'));
      rules.set(
        dir,
        texts.length > 0 ? ignore({ allowRelativePaths: true }).add(texts.join('\n')) : undefined,
      );
    }
    return rules.get(dir);
  };
  const matches = (entry: string, isDirectory: boolean): boolean => {
    let verdict = false;
    for (let dir = path.posix.dirname(entry); dir.length >= top.length; dir = path.posix.dirname(dir)) {
      const rule = rulesOf(dir);
      if (rule) {
        const result = rule.test(entry.slice(dir.length + 1) + (isDirectory ? '/' : ''));
        // The innermost .gitignore that has anything to say decides.
        if (result.ignored || result.unignored) {
          verdict = result.ignored;
          break;
        }
      }
      if (dir === path.posix.dirname(dir)) break;
    }
    return verdict;
  };
  const dirHidden = (dir: string): boolean => {
    if (dir.length <= top.length) return false;
    let known = hiddenDirs.get(dir);
    if (known === undefined) {
      known = dirHidden(path.posix.dirname(dir)) || matches(dir, true);
      hiddenDirs.set(dir, known);
    }
    return known;
  };
  return (file) => dirHidden(path.posix.dirname(file)) || matches(file, false);
}
