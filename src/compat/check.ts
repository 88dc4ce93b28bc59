/** What a check is: a sentence of a contract, where it stands there, and a function that finds out whether it holds. */
import type { Context } from './context.ts';

export type Dialect = 'openai' | 'dashscope';

/** Kinds of evidence a contract cites (docs/contracts/openai.md §0.1; S, V, I and ? are those of docs/contracts/dashscope.md §0). */
export type Evidence =
  | 'REC-net'
  | 'REC-oll'
  | 'REC-rb'
  | 'REC-resp'
  | 'SPEC'
  | 'DOC'
  | 'SDK'
  | 'RUN'
  | 'ISS'
  | 'FORUM'
  | 'CODE'
  | 'INF'
  | 'S'
  | 'V'
  | 'I'
  | '?';

/**
 * What an endpoint must have for a check to apply. Where it hasn't, the check is "not applicable".
 *
 * - `model`: runs reach a model
 * - `scripted`: the model does what a script in its prompt says (see script.ts)
 * - `streaming`, `tools`, `vision`: parts of the API that can be disclaimed
 * - `files`, `vector_stores`: `/files` and `/vector_stores` are served beside the Assistants API
 * - `code_interpreter`, `file_search`: the built-in tools
 * - `calculator`: the tool of DashScope's that the endpoint runs by itself
 * - `auth`: wrong keys are refused
 * - `expiry`: runs expire soon enough to wait for it
 * - `sdk4` … `sdk7`: that major of the openai package is installed where the suite runs
 */
export const NEEDS = [
  'model',
  'scripted',
  'streaming',
  'tools',
  'vision',
  'files',
  'vector_stores',
  'code_interpreter',
  'file_search',
  'calculator',
  'auth',
  'expiry',
  'sdk4',
  'sdk5',
  'sdk6',
  'sdk7',
] as const;
export type Need = (typeof NEEDS)[number];

export interface Check {
  /** Unique, dotted, stable: `cancel.completed`. */
  id: string;
  /** One sentence of the contract. */
  title: string;
  /** `§2.5`, `§2.9 #8`, `§3.3(h)` */
  section: string;
  evidence: readonly Evidence[];
  dialect: Dialect;
  area: string;
  /** `POST /threads/{thread_id}/runs`: the operation that the check is about. */
  operation: string;
  needs: readonly Need[];
  /** Where specification and recordings disagree: whose side the check is on. */
  takes?: 'recording' | 'specification' | 'either';
  /** Throws a CheckFailure when the sentence doesn't hold. */
  run(context: Context): Promise<void>;
}

type Common = Pick<Check, 'dialect' | 'area'> & Partial<Omit<Check, 'id' | 'title' | 'run'>>;
type Own = Pick<Check, 'id' | 'title' | 'run'> & Partial<Check>;

/** Checks that share what `common` says; a check's own members win, its needs are added. */
export function group(common: Common, checks: readonly Own[]): Check[] {
  return checks.map((own) => {
    const { section, evidence, operation } = { ...common, ...own };
    if (!section || !evidence || !operation)
      throw new Error(`${own.id} names no section, evidence or operation`);
    const needs = [...new Set([...(common.needs ?? []), ...(own.needs ?? [])])];
    return { ...common, ...own, section, evidence, operation, needs };
  });
}
