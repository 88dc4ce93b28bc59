/** What the parts of one run share. */
import type { Modules } from './flow/modules.ts';
import type { MigrateOptions, Phase } from './options.ts';
import type { Configs } from './project/configs.ts';
import type { ProjectFiles } from './project/discover.ts';
import type { Packages } from './project/packages.ts';
import type { SdkVersions } from './project/sdk-version.ts';
import type { Sources } from './source/sources.ts';
import type { Texts } from './source/texts.ts';
import type { Report } from './types.ts';

export interface RewriteContext {
  options: MigrateOptions;
  root: string;
  files: ProjectFiles;
  texts: Texts;
  report: Report;
  aborted: () => boolean;
  progress: (phase: Phase, done: number, total: number) => void;
}

/** What the parts of one run share. */
export interface Workshop extends RewriteContext {
  sources: Sources;
  packages: Packages;
  configs: Configs;
  modules: Modules;
  versions: SdkVersions;
  version: string;
}
