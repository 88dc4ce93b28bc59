/** Finds the calls of the Assistants surface in a file, and the clients that each of them reaches. */
import { ts } from 'ts-morph';
import { isAssistantsPath, RESOURCES } from '../flow/openai.ts';
import { lookup } from '../flow/scope.ts';
import type { Path, Tracer, Value } from '../flow/values.ts';
import { CALL } from '../flow/values.ts';
import type { Source } from '../source/sources.ts';
import { chainOf, wholeChain } from './chain.ts';
import { isKnownMethod, METHOD_NAMES, RESOURCE_NAMES } from './methods.ts';
import { clientsWrittenTo } from './written-to.ts';

export interface Site {
  source: Source;
  /** The call; for a resource that is used as a value, the access. */
  node: ts.CallExpression | ts.Expression | ts.BindingElement;
  /** What is called, as seen from the client. */
  path: Path;
  isCall: boolean;
  clients: (Value & { kind: 'client' })[];
  wrapped: (Value & { kind: 'wrapped' })[];
  /** True when it is certain that this is the SDK, because a client was found or a type says so. */
  certain: boolean;
  /** Ways into this site that nobody could follow to their end. */
  lost: (Value & { kind: 'unknown' | 'external' })[];
  /** Clients that may be meant, when a property's name is all that leads to them and there are several. */
  candidates: Value[];
}

/** Sites of one file, in the order of the text. */
export function findSites(tracer: Tracer, source: Source): Site[] {
  const sites: Site[] = [];
  const asCall = new Set<ts.Node>();

  for (const call of source.index.calls) {
    const { names } = chainOf(call.expression);
    const at = betaIndex(names);
    if (at >= 0 && names.length > at + 1) {
      asCall.add(wholeChain(call.expression));
      sites.push(site(tracer, source, call, names.slice(at), tracer.trace(call.expression)));
    } else if (mayBeAliased(call)) {
      const values = tracer.trace(call.expression);
      const surface = values.filter(isSurface);
      const [first] = surface.length > 0 ? surface : values.filter(isLostSurface);
      if (first) sites.push(site(tracer, source, call, first.path.slice(first.path.indexOf('beta')), values));
    }
  }
  for (const node of source.index.betas) {
    const use = valueUse(tracer, source, node, asCall);
    if (use) sites.push(use);
  }
  return sites.sort((a, b) => a.node.getStart() - b.node.getStart());
}

/** Where `beta.<resource>` begins in a chain of names, or -1. */
function betaIndex(names: readonly string[]): number {
  return names.findIndex((name, index) => name === 'beta' && RESOURCES.has(names[index + 1] ?? ''));
}

type SurfaceValue = Value & { kind: 'client' | 'wrapped' | 'typed' };

function isSurface(value: Value): value is SurfaceValue {
  return (
    (value.kind === 'client' || value.kind === 'wrapped' || value.kind === 'typed') &&
    isAssistantsPath(value.path) &&
    value.path.length > 2 &&
    !value.path.includes(CALL)
  );
}

/** Something unknown that is nevertheless asked for `beta.threads…`: an alias of a client that was not found. */
function isLostSurface(value: Value): value is Value & { kind: 'unknown' | 'external' } {
  if (value.kind !== 'unknown' && value.kind !== 'external') return false;
  const at = betaIndex(value.path);
  return at >= 0 && value.path.length > at + 2 && !value.path.slice(at).includes(CALL);
}

/** A call without `beta` in sight that may still be one of an aliased resource. */
function mayBeAliased(call: ts.CallExpression): boolean {
  const { root, names } = chainOf(call.expression);
  const method = names.at(-1);
  if (method === undefined) return isUnboundMethod(root);
  if (!METHOD_NAMES.has(method)) return false;
  if (names.slice(0, -1).some((name) => RESOURCE_NAMES.has(name))) return true;
  if (!ts.isIdentifier(root)) return false;
  return RESOURCE_NAMES.has(root.text) || isUnboundMethod(root);
}

/** An identifier whose declaration in this file mentions `beta`: `const retrieve = openai.beta.threads.runs.retrieve`. */
function isUnboundMethod(root: ts.Expression): boolean {
  if (!ts.isIdentifier(root)) return false;
  for (let node: ts.Node | undefined = lookup(root)?.declarations[0]; node; node = node.parent) {
    if (ts.isVariableDeclaration(node))
      return node.initializer ? /\bbeta\b/.test(node.initializer.getText()) : false;
    if (!ts.isBindingElement(node) && !ts.isObjectBindingPattern(node)) return false;
  }
  return false;
}

/** `const threads = openai.beta.threads`, `{ threads } = client.beta`, `client.beta.assistants.files = …`. */
function valueUse(
  tracer: Tracer,
  source: Source,
  node: Source['index']['betas'][number],
  asCall: ReadonlySet<ts.Node>,
): Site | undefined {
  if (ts.isBindingElement(node)) {
    const pattern = node.name;
    const reaches = ts.isIdentifier(pattern)
      ? true
      : pattern.elements.some(
          (each) => ts.isBindingElement(each) && RESOURCES.has((each.propertyName ?? each.name).getText()),
        );
    if (!reaches) return undefined;
    const values = tracer
      .trace(node)
      .filter((value) => value.kind !== 'unknown' && value.kind !== 'external');
    if (!values.some((value) => 'path' in value && value.path[0] === 'beta')) return undefined;
    return site(tracer, source, node, ['beta'], values);
  }
  const whole = wholeChain(node);
  if (asCall.has(whole)) return undefined;
  const { names } = chainOf(whole);
  const at = names.indexOf('beta');
  const path = names.slice(at);
  if (path.length > 1 && !RESOURCES.has(path[1] ?? '')) return undefined;
  const values = tracer.trace(whole);
  // A bare `x.beta` is anybody's; it counts when `x` is known to be a client.
  if (path.length === 1 && !values.some((value) => value.kind === 'client' || value.kind === 'wrapped'))
    return undefined;
  if (path.length === 1 && !ts.isVariableDeclaration(whole.parent)) return undefined;
  return site(tracer, source, whole, path, values);
}

function site(
  tracer: Tracer,
  source: Source,
  node: Site['node'],
  path: Path,
  values: readonly Value[],
): Site {
  const direct = values.filter((value) => !('path' in value && value.path.includes(CALL)));
  const clients = direct.filter((value): value is Value & { kind: 'client' } => value.kind === 'client');
  const wrapped = direct.filter((value): value is Value & { kind: 'wrapped' } => value.kind === 'wrapped');
  const typed = direct.some((value) => value.kind === 'typed');
  const lost = values.filter(
    (value): value is Value & { kind: 'unknown' | 'external' } =>
      value.kind === 'unknown' || value.kind === 'external',
  );
  const candidates: Value[] = [];
  if (clients.length === 0 && wrapped.length === 0) {
    const byName = clientsWrittenTo(tracer, values);
    candidates.push(...byName.candidates);
    for (const value of byName.clients) {
      if (value.kind === 'client') clients.push(value);
      else if (value.kind === 'wrapped') wrapped.push(value);
    }
  }
  return {
    source,
    node,
    path,
    // `beta.threads.create.mockResolvedValue(…)` is about the method; it doesn't call it.
    isCall: ts.isCallExpression(node) && !isKnownMethod(path.slice(0, -1)),
    clients,
    wrapped,
    certain: typed || clients.length > 0 || wrapped.length > 0,
    lost,
    candidates,
  };
}
