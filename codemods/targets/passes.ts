/**
 * Plans and applies in passes until a pass finds nothing to do. So what the command leaves behind is, by construction,
 * something that a second run has nothing to do on; and a rewrite inside another one's range simply waits its turn.
 */

import { filesWithAliases } from '../detect/alias-users.ts';
import type { Modules } from '../flow/modules.ts';
import { Flow } from '../flow/trace.ts';
import type { Packages } from '../project/packages.ts';
import { applyEdits, compatible, type Edit, mapOffset, type Rewrite, unmapOffset } from '../source/edits.ts';
import { relativeTo } from '../source/relative.ts';
import type { Sources } from '../source/sources.ts';
import { lineMap } from '../source/text.ts';
import type { Change, Place } from '../types.ts';
import type { Plan } from './plan.ts';

/** More passes than nested calls need; beyond it two rewrites are undoing each other. */
const MOST_PASSES = 8;
/** How often files that were put aside are searched for names that turned up on the way. */
const MOST_SWEEPS = 3;

export interface PassesOptions {
  sources: Sources;
  modules: Modules;
  packages: Packages;
  plan: (flow: Flow, files: readonly string[]) => Plan;
  aborted: () => boolean;
}

export interface PassesResult {
  /** The plan of the first pass: what was found, on the text as it was. */
  first: Plan;
  /** The plan of the last pass and its flow: what is found in the text as it became. */
  last: { plan: Plan; flow: Flow };
  /** Edits by file and pass. */
  log: Map<string, Edit[][]>;
  /** What was done, with its offset in the text that its pass saw. */
  done: { file: string; pass: number; rewrite: Rewrite }[];
  /** Text before the first pass, of the files that changed. */
  originals: Map<string, string>;
  /** Files that load rethread now. */
  dependents: Set<string>;
}

export function runPasses(options: PassesOptions): PassesResult {
  const { sources } = options;
  const log = new Map<string, Edit[][]>();
  const done: PassesResult['done'] = [];
  const originals = new Map<string, string>();
  const dependents = new Set<string>();
  let first: Plan | undefined;
  let last: PassesResult['last'] | undefined;

  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    last = planWithSweeps(options, pass === 0);
    const { plan } = last;
    first ??= plan;
    for (const source of plan.dependents) dependents.add(source.path);
    let changed = false;
    for (const [source, rewrites] of plan.rewrites) {
      const { now } = compatible(rewrites);
      if (now.length === 0) continue;
      const edits = now.flatMap((rewrite) => rewrite.edits);
      const text = applyEdits(source.text, edits);
      if (text === source.text) continue;
      changed = true;
      if (!originals.has(source.path)) originals.set(source.path, source.text);
      const passes = log.get(source.path) ?? [];
      while (passes.length < pass) passes.push([]);
      passes.push(edits);
      log.set(source.path, passes);
      for (const rewrite of now) done.push({ file: source.path, pass, rewrite });
      sources.texts.overlay(source.path, { text, bom: source.bom });
    }
    if (!changed || options.aborted()) break;
  }
  if (!first || !last) throw new Error('no pass was run');
  return { first, last, log, done, originals, dependents };
}

/** One plan; made anew when names that it asked for turn up in files that had been put aside. */
function planWithSweeps(options: PassesOptions, sweeping: boolean): PassesResult['last'] {
  const searched = new Set<string>();
  const { texts } = options.sources;
  for (let sweep = 0; ; sweep += 1) {
    const flow = new Flow(options.sources, options.modules, options.packages);
    const plan = options.plan(flow, [...texts.relevant].sort());
    if (!sweeping || sweep >= MOST_SWEEPS) return { plan, flow };
    const users = filesWithAliases(flow, plan.sites, texts.relevant);
    const unresolved = plan.sites.some((site) => site.status === 'unresolved' || !site.isCall);
    const words = new Set([...flow.wanted].filter((word) => word.length > 2 && !searched.has(word)));
    for (const word of words) searched.add(word);
    const found = unresolved ? texts.sweep(words) : 0;
    if (users.length === 0 && found === 0) return { plan, flow };
    for (const file of users) texts.relevant.add(file);
  }
}

/** Turns offsets of any pass into places in the text as it is (`'after'`) or as it was (`'before'`). */
export class Placer {
  readonly #result: PassesResult;
  readonly #sources: Sources;
  readonly #root: string;
  readonly #side: 'before' | 'after';
  readonly #maps = new Map<string, ReturnType<typeof lineMap>>();

  constructor(result: PassesResult, sources: Sources, root: string, side: 'before' | 'after') {
    this.#result = result;
    this.#sources = sources;
    this.#root = root;
    this.#side = side;
  }

  place(file: string, offset: number, pass = 0): Place {
    const passes = this.#result.log.get(file) ?? [];
    let at = offset;
    if (this.#side === 'after') for (const edits of passes.slice(pass)) at = mapOffset(at, edits);
    else for (const edits of passes.slice(0, pass).reverse()) at = unmapOffset(at, edits);
    let map = this.#maps.get(file);
    if (!map) {
      const original = this.#result.originals.get(file);
      const text =
        this.#side === 'before' && original !== undefined
          ? original
          : (this.#sources.texts.get(file)?.text ?? '');
      map = lineMap(text);
      this.#maps.set(file, map);
    }
    return { file: relativeTo(this.#root, file), ...map(at) };
  }

  changes(): Change[] {
    return this.#result.done.map(({ file, pass, rewrite }) => ({
      ...this.place(file, rewrite.at, pass),
      kind: rewrite.kind,
      message: rewrite.message,
    }));
  }
}
