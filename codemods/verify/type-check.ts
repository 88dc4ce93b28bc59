/**
 * Type errors that a rewrite would bring in. The changed files are checked before and after, each under its own
 * tsconfig, with whatever types are installed; only what is new counts, so a project that never compiled is no obstacle.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { getLibFiles, libFolderInMemoryPath } from '@ts-morph/common';
import { ts } from 'ts-morph';
import type { Config, Configs } from '../project/configs.ts';

export interface CheckedFile {
  path: string;
  before: string;
  after: string;
}

/** What rethread's types say as far as rewritten code needs them; used where rethread is not installed yet. */
const DECLARATION = (name: string): string => `declare module '${name}' {
  export function withAssistants<Client>(client: Client, options?: object): Client;
  export function createAssistants(options?: object): {
    fetch(request: Request): Promise<Response>;
    close(): Promise<void>;
  };
}
`;

/** New errors by file; files without any are not in it. */
export function newTypeErrors(
  files: readonly CheckedFile[],
  configs: Configs,
  rethreadVersion: string,
  onProgress: (done: number, total: number) => void = () => {},
): Map<string, string[]> {
  const groups = new Map<string, { config: Config | undefined; files: CheckedFile[] }>();
  for (const file of files) {
    const config = configFor(file.path, configs);
    if (!isChecked(file, config)) continue;
    const key = config?.file ?? '';
    const group = groups.get(key) ?? { config, files: [] };
    group.files.push(file);
    groups.set(key, group);
  }
  const found = new Map<string, string[]>();
  let done = 0;
  for (const group of groups.values()) {
    for (const [file, errors] of checkGroup(group.config, group.files, rethreadVersion))
      found.set(file, errors);
    done += group.files.length;
    onProgress(done, files.length);
  }
  return found;
}

/** The config whose options a file is compiled with; a solution's own config only points to others. */
function configFor(file: string, configs: Configs): Config | undefined {
  const nearest = configs.of(file);
  if (!nearest || nearest.references.length === 0 || nearest.options.module !== undefined) return nearest;
  const referenced = nearest.references
    .map((each) => configs.read(each))
    .filter((each) => each !== undefined);
  // `tsconfig.app.json` beside `tsconfig.node.json`: the one that is not for build scripts governs the sources.
  return referenced.find((each) => !/node|test|spec/.test(path.posix.basename(each.file))) ?? nearest;
}

function isChecked(file: CheckedFile, config: Config | undefined): boolean {
  if (/\.(?:[mc]?ts|tsx)$/.test(file.path)) return true;
  return config?.options.checkJs === true || /^\s*\/\/\s*@ts-check/m.test(file.before.slice(0, 500));
}

function optionsOf(config: Config | undefined): ts.CompilerOptions {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    jsx: ts.JsxEmit.Preserve,
    ...(config?.options ?? {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
    }),
    noEmit: true,
    skipLibCheck: true,
    allowJs: true,
    composite: false,
    incremental: false,
    declaration: false,
    isolatedDeclarations: false,
    emitDeclarationOnly: false,
  };
  // The compiler's own defaults changed with its major; a project that says nothing was written for the old ones.
  options.strict ??= false;
  options.types ??= ['*'];
  // Where output would go says nothing about whether a file is right.
  delete options.tsBuildInfoFile;
  delete options.rootDir;
  delete options.outDir;
  return options;
}

function checkGroup(
  config: Config | undefined,
  files: readonly CheckedFile[],
  rethreadVersion: string,
): Map<string, string[]> {
  const [first] = files;
  const dir = config ? path.posix.dirname(config.file) : path.posix.dirname(first?.path ?? '/');
  const ambient = AMBIENT.map((name) => `${dir}/${name}`).filter((file) => existsSync(file));
  const names = [
    ...(isAbove(dir, 'node_modules/rethread/package.json') ? [] : ['rethread']),
    `npm:rethread@^${rethreadVersion}`,
  ];
  const installed = isAbove(dir, 'node_modules');
  const declarations = `${dir}/__rethread__.d.ts`;
  const roots = [...ambient, declarations, ...files.map((file) => file.path)];
  const options = optionsOf(config);
  const texts = new Map([[declarations, names.map(DECLARATION).join('\n')]]);

  for (const file of files) texts.set(file.path, file.after);
  const is = ts.createProgram(roots, options, hostOver(texts, options, dir));
  const after = files
    .map((file) => ({ file, errors: errorsIn(is, file.path) }))
    .filter(({ errors }) => errors.length > 0);
  // Most results have no error at all, and then nobody needs to know what was there before.
  if (after.length === 0) return new Map();

  for (const file of files) texts.set(file.path, file.before);
  const was = ts.createProgram(roots, options, hostOver(texts, options, dir), is);
  const found = new Map<string, string[]>();
  for (const { file, errors } of after) {
    const remaining = errorsIn(was, file.path);
    const fresh = errors.filter((error) => {
      if (!installed && WANTS_NODE_TYPES.test(error)) return false;
      const known = remaining.indexOf(error);
      if (known >= 0) remaining.splice(known, 1);
      return known < 0;
    });
    if (fresh.length > 0) found.set(file.path, fresh);
  }
  return found;
}

/** "Cannot find name 'process'": where nothing is installed, that says nothing about the rewrite. */
const WANTS_NODE_TYPES = /^TS(?:2580|2591):/;

/** Files with global types that a project may have beside its config. */
const AMBIENT = [
  'next-env.d.ts',
  'env.d.ts',
  'global.d.ts',
  'src/env.d.ts',
  'src/vite-env.d.ts',
  'types.d.ts',
];

/** The compiler's own library files by name: they are large, and the same for all projects of a run. */
const libraryTexts = new Map<string, string>();
const libraries = new Map<string, ts.SourceFile>();

function library(name: string, languageVersion: ts.ScriptTarget): ts.SourceFile | undefined {
  if (libraryTexts.size === 0) {
    for (const { fileName, text } of getLibFiles()) libraryTexts.set(fileName, text);
  }
  const text = libraryTexts.get(name);
  if (text === undefined) return undefined;
  const known = libraries.get(name);
  if (known) return known;
  const source = ts.createSourceFile(`${libFolderInMemoryPath}/${name}`, text, languageVersion);
  libraries.set(name, source);
  return source;
}

/** A host that reads the disk, with `texts` over it. */
function hostOver(
  texts: ReadonlyMap<string, string>,
  options: ts.CompilerOptions,
  dir: string,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, getSourceFile } = host;
  host.getCurrentDirectory = () => dir;
  host.getDefaultLibLocation = () => libFolderInMemoryPath;
  host.getDefaultLibFileName = (given) => `${libFolderInMemoryPath}/${ts.getDefaultLibFileName(given)}`;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.getSourceFile = (file, languageOrOptions, onError, fresh) => {
    if (path.posix.dirname(file) === libFolderInMemoryPath)
      return library(path.posix.basename(file), options.target ?? ts.ScriptTarget.ES2022);
    const text = texts.get(file);
    return text === undefined
      ? getSourceFile(file, languageOrOptions, onError, fresh)
      : ts.createSourceFile(file, text, languageOrOptions, true);
  };
  return host;
}

/** Errors without their places, since a rewrite moves them. */
function errorsIn(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file);
  if (!source) return [];
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    (diagnostic) => `TS${diagnostic.code}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`,
  );
}

function isAbove(start: string, name: string): boolean {
  for (let dir = start; ; dir = path.posix.dirname(dir)) {
    if (existsSync(`${dir}/${name}`)) return true;
    if (path.posix.dirname(dir) === dir) return false;
  }
}
