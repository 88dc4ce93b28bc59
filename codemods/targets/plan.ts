/** What a target has planned for one pass over the sources. Nothing is changed yet. */
import type { ts } from 'ts-morph';
import type { Site } from '../detect/sites.ts';
import type { SdkVersion } from '../project/sdk-version.ts';
import type { Rewrite } from '../source/edits.ts';
import type { Source } from '../source/sources.ts';
import type { Remark } from '../transforms/outcome.ts';
import type { ChangeKind, SiteStatus } from '../types.ts';

export interface PlannedSite extends Site {
  status: SiteStatus;
  version: SdkVersion | undefined;
}

export interface Plan {
  sites: PlannedSite[];
  /** Clients that get wrapped. */
  wraps: ts.NewExpression[];
  rewrites: Map<Source, Rewrite[]>;
  remarks: Remark[];
  /** Files that need rethread as a dependency. */
  dependents: Set<Source>;
}

export type Allow = (file: string, kind: ChangeKind) => boolean;

export function addRewrite(plan: Plan, source: Source, rewrite: Rewrite): void {
  const list = plan.rewrites.get(source);
  if (list) list.push(rewrite);
  else plan.rewrites.set(source, [rewrite]);
}
