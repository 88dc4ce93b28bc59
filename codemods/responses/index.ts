/**
 * The flows of a project's threads that can become Conversations and Responses, and for every other call of the surface
 * the reason why it stays on the shim. Each flow is looked at on its own and moves as a whole or not at all; flows that
 * share an assistant move together.
 */
import { ts } from 'ts-morph';
import { canonical } from '../detect/methods.ts';
import type { Site } from '../detect/sites.ts';
import { isTestFile } from '../detect/test-files.ts';
import type { Tracer } from '../flow/values.ts';
import type { SdkVersion } from '../project/sdk-version.ts';
import type { Edit, Rewrite } from '../source/edits.ts';
import { propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import type { Assistant } from './assistant.ts';
import { checkClient } from './client.ts';
import { awaitedStatement, quoted, removal, usesOf } from './code.ts';
import { keepComments } from './comments.ts';
import { type Flow, flowOf } from './flow.ts';
import { Stays } from './stays.ts';

const NESTED = 'calls that would have to be rewritten stand inside one another';

export interface Moves {
  /** Calls that are gone when the rewrites are made. */
  calls: Set<ts.Node>;
  rewrites: Map<Source, Rewrite[]>;
  /** Why a call stays, where that is known of the call itself or of its thread. */
  reasons: Map<ts.Node, string>;
  /** Runs that moved, whose assistant has tools that the provider carries out. */
  hosted: { source: Source; at: number }[];
}

export interface MovesContext {
  tracer: Tracer;
  root: string;
  /** Files that may be rewritten to Responses. */
  mayMove: (source: Source) => boolean;
  versionOf: (site: Site) => SdkVersion | undefined;
}

export function findMoves(context: MovesContext, sites: readonly Site[]): Moves {
  const moves: Moves = { calls: new Set(), rewrites: new Map(), reasons: new Map(), hosted: [] };
  const bySource = new Map<Source, Map<ts.CallExpression, Site>>();
  for (const site of sites) {
    if (!ts.isCallExpression(site.node) || isTestFile(site.source, context.root)) continue;
    const own = bySource.get(site.source) ?? new Map<ts.CallExpression, Site>();
    bySource.set(site.source, own.set(site.node, site));
  }
  for (const [source, own] of bySource) {
    if (context.mayMove(source)) movesIn(context, moves, source, own);
  }
  return moves;
}

function movesIn(
  context: MovesContext,
  moves: Moves,
  source: Source,
  sites: ReadonlyMap<ts.CallExpression, Site>,
): void {
  const taken: Taken[] = [];
  let flows: Flow[] = [];
  for (const [call, site] of sites) {
    if (!site.isCall || canonical(site.path) !== 'threads.create') continue;
    const before = taken.length;
    try {
      const flow = flowOf(
        {
          tracer: context.tracer,
          source,
          sites,
          check: (each) => checkClient(context.tracer, each, context.versionOf(each)),
          name: (wanted, scope) => freeName(source, wanted, scope, taken),
        },
        call,
      );
      const configured = [...flow.assistants.values()].flatMap(({ edits }) => edits);
      keepComments(source, [...flow.edits, ...configured]);
      if (overlap([...flow.edits, ...configured])) throw new Stays(NESTED);
      flows.push(flow);
    } catch (error) {
      if (!(error instanceof Stays)) throw error;
      taken.splice(before);
      moves.reasons.set(call, error.message);
    }
  }
  flows = withoutSharing(moves, source, sites, flows);
  if (flows.length > 0) settle(moves, source, sites, flows);
}

/** Leaves flows whose assistant is needed by something that stays, until none is left of these. */
function withoutSharing(
  moves: Moves,
  source: Source,
  sites: ReadonlyMap<ts.CallExpression, Site>,
  all: readonly Flow[],
): Flow[] {
  let flows = [...all];
  for (;;) {
    const calls = new Set(flows.flatMap((flow) => [...flow.calls]));
    const staying = flows.flatMap((flow) => {
      for (const assistant of flow.assistants.values()) {
        const use = otherUse(assistant, calls, sites);
        if (use) return [{ flow, line: quoted(source, use) }];
      }
      return [];
    });
    if (staying.length === 0) return flows;
    for (const { flow, line } of staying)
      moves.reasons.set(flow.create, `its assistant is used in ${line} too, which stays`);
    flows = flows.filter((flow) => !staying.some((each) => each.flow === flow));
  }
}

/** A use of an assistant that is neither a run that moves nor its removal. */
function otherUse(
  { kept }: Assistant,
  calls: ReadonlySet<ts.CallExpression>,
  sites: ReadonlyMap<ts.CallExpression, Site>,
): ts.Identifier | undefined {
  return usesOf(kept.name).find((use) => {
    const id = use.parent;
    if (!ts.isPropertyAccessExpression(id) || id.name.text !== 'id') return true;
    if (removedBy(use, sites)) return false;
    const call = bodyOf(id);
    return !(call && calls.has(call));
  });
}

/** The run that is created with an id: `runs.createAndPoll(…, { assistant_id: id })`. */
function bodyOf(id: ts.Expression): ts.CallExpression | undefined {
  const property = id.parent;
  if (!ts.isPropertyAssignment(property) || propertyName(property.name) !== 'assistant_id') return undefined;
  const call = property.parent.parent;
  return ts.isCallExpression(call) && call.arguments[1] === property.parent ? call : undefined;
}

/** `await assistants.delete(assistant.id);`, for which nothing is left to do. */
function removedBy(
  use: ts.Identifier,
  sites: ReadonlyMap<ts.CallExpression, Site>,
): { call: ts.CallExpression; statement: ts.ExpressionStatement } | undefined {
  const call = use.parent.parent;
  if (!ts.isCallExpression(call) || call.arguments.length !== 1) return undefined;
  const site = sites.get(call);
  const statement = awaitedStatement(call);
  if (!site || !statement || canonical(site.path) !== 'assistants.delete') return undefined;
  return ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) ? { call, statement } : undefined;
}

function settle(
  moves: Moves,
  source: Source,
  sites: ReadonlyMap<ts.CallExpression, Site>,
  flows: readonly Flow[],
): void {
  const rewrites: Rewrite[] = flows.map((flow) => ({
    kind: 'to-responses',
    at: flow.create.getStart(source.ast),
    message: 'this thread is a conversation, and its runs are responses',
    edits: flow.edits,
  }));
  const assistants = new Map(flows.flatMap((flow) => [...flow.assistants]));
  const calls = new Set(flows.flatMap((flow) => [...flow.calls]));
  for (const [create, { edits, kept }] of assistants) {
    calls.add(create);
    const removals: Edit[] = [];
    for (const use of usesOf(kept.name)) {
      const removed = removedBy(use, sites);
      if (!removed) continue;
      calls.add(removed.call);
      removals.push(removal(source, removed.statement));
    }
    rewrites.push({
      kind: 'to-responses',
      at: create.getStart(source.ast),
      message: 'this assistant is what `responses.create` is given each time',
      edits: [...edits, ...removals],
    });
  }
  if (overlap(rewrites.flatMap(({ edits }) => edits))) {
    for (const flow of flows) moves.reasons.set(flow.create, NESTED);
    return;
  }
  moves.rewrites.set(source, rewrites);
  for (const call of calls) moves.calls.add(call);
  for (const flow of flows) {
    if ([...flow.assistants.values()].some(({ hosted }) => hosted))
      moves.hosted.push({ source, at: flow.create.getStart(source.ast) });
  }
}

function overlap(edits: readonly Edit[]): boolean {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  return ordered.some((edit, index) => {
    const next = ordered[index + 1];
    return next !== undefined && next.start < edit.end;
  });
}

interface Taken {
  name: string;
  scope: ts.Node;
}

function freeName(source: Source, wanted: string, scope: ts.Node, taken: Taken[]): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}${count}`;
    const clashes = taken.some(
      (each) => each.name === name && (isWithin(each.scope, scope) || isWithin(scope, each.scope)),
    );
    if (clashes || new RegExp(`\\b${name}\\b`).test(source.text)) continue;
    taken.push({ name, scope });
    return name;
  }
}

function isWithin(inner: ts.Node, outer: ts.Node): boolean {
  return outer.pos <= inner.pos && inner.end <= outer.end;
}
