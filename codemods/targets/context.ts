/** What planning for the target `shim` is given. */
import type { Tracer } from '../flow/values.ts';
import type { SdkVersions } from '../project/sdk-version.ts';
import type { Allow } from './plan.ts';

export interface ShimContext {
  tracer: Tracer;
  versions: SdkVersions;
  /** Absolute directory that paths are shown relative to. */
  root: string;
  /** Files that the run may change. */
  inScope: (file: string) => boolean;
  allow: Allow;
  /** Version of rethread that the dependency and URL imports name. */
  rethreadVersion: string;
  /** Address of a gateway for raw HTTP calls, if one was given. */
  gateway: string | undefined;
}
