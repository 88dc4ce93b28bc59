/** tsconfig.json and jsconfig.json: which one governs a file, and its options with `extends` followed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';

export interface Config {
  file: string;
  options: ts.CompilerOptions;
  /** Directory that `paths` start from. */
  pathsBase: string;
  references: string[];
}

export class Configs {
  readonly #byDir = new Map<string, Config | undefined>();
  readonly #byFile = new Map<string, Config | undefined>();

  /** The nearest tsconfig.json or jsconfig.json above a file. */
  of(file: string): Config | undefined {
    return this.#above(path.posix.dirname(file));
  }

  #above(dir: string): Config | undefined {
    if (!this.#byDir.has(dir)) {
      const own = [`${dir}/tsconfig.json`, `${dir}/jsconfig.json`].find((file) => existsSync(file));
      const parent = path.posix.dirname(dir);
      const config = own ? this.read(own) : undefined;
      this.#byDir.set(dir, config ?? (parent === dir ? undefined : this.#above(parent)));
    }
    return this.#byDir.get(dir);
  }

  read(file: string): Config | undefined {
    if (!this.#byFile.has(file)) this.#byFile.set(file, readConfig(file));
    return this.#byFile.get(file);
  }
}

function readConfig(file: string): Config | undefined {
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  if (config === undefined) return undefined;
  const dir = path.posix.dirname(file);
  // Listing files is left out: a project of 20 000 files takes longer to list than to migrate.
  const host: ts.ParseConfigHost = { ...ts.sys, readDirectory: () => [], useCaseSensitiveFileNames: true };
  const parsed = ts.parseJsonConfigFileContent(config, host, dir, undefined, file);
  const options = parsed.options as ts.CompilerOptions & { pathsBasePath?: string };
  return {
    file,
    options,
    pathsBase: options.baseUrl ?? options.pathsBasePath ?? dir,
    references: (parsed.projectReferences ?? []).map((reference) => {
      const target = reference.path.replaceAll('\\', '/');
      return target.endsWith('.json') ? target : `${target}/tsconfig.json`;
    }),
  };
}
