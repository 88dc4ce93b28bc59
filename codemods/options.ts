/** What `migrate` is asked for, and the ways in which it refuses. */
import type { TargetName } from './types.ts';

export interface MigrateOptions {
  /** Absolute directory that paths are relative to. */
  cwd: string;
  /** Files and directories to migrate; default: all of `cwd`. */
  paths?: string[];
  target?: TargetName;
  /** Globs that files must match, or must not. */
  include?: string[];
  exclude?: string[];
  /** Compute everything, write nothing. */
  dryRun?: boolean;
  /** Write although the git tree has uncommitted changes. */
  force?: boolean;
  /** Address of a rethread gateway for raw HTTP calls, with `/v1`; default: `RETHREAD_BASE_URL` at run time. */
  gateway?: string;
  onProgress?: (phase: Phase, done: number, total: number) => void;
  signal?: AbortSignal;
}

export type Phase = 'reading' | 'tracing' | 'checking' | 'writing';

/** Thrown when a run was stopped through its signal. Nothing has been written then. */
export class Aborted extends Error {
  override name = 'Aborted';
}

/** Thrown when the tree has uncommitted changes and `force` was not given. Nothing has been written then. */
export class DirtyTree extends Error {
  override name = 'DirtyTree';
}

/** Thrown for what the caller asked wrongly: an unknown path, a target that does not exist yet. */
export class UsageError extends Error {
  override name = 'UsageError';
}
