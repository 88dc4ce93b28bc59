/** Who calls a function, and with what: the way from a parameter to its arguments, in this file and in others. */
import { ts } from 'ts-morph';
import type { CallLike } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { exportsOf, hasModifier } from './exports.ts';
import { calledAs, isFunction } from './functions.ts';
import { lookup } from './scope.ts';
import { EACH, type Path, type Tracer } from './values.ts';

export interface Argument {
  node: ts.Node;
  prefix: Path;
}

const open = new WeakMap<Tracer, Set<ts.Node>>();
const known = new WeakMap<Tracer, Map<ts.Node, CallLike[]>>();

/** What parameter `index` of a function may be given. */
export function argumentsFor(
  tracer: Tracer,
  owner: ts.FunctionLikeDeclaration,
  index: number,
  isRest: boolean,
  path: Path,
): Argument[] {
  const found: Argument[] = [];
  for (const call of callersOf(tracer, owner)) {
    const given = call.arguments ?? [];
    const direct = given[index];
    const spread = given.findIndex((argument) => ts.isSpreadElement(argument));
    if (spread >= 0 && spread <= index) {
      const element = given[spread];
      if (element && ts.isSpreadElement(element)) {
        found.push({
          node: element.expression,
          prefix: [spread === index && isRest ? EACH : String(index - spread)],
        });
      }
    } else if (isRest) {
      for (const argument of given.slice(index)) found.push({ node: argument, prefix: [] });
    } else if (direct) {
      found.push({ node: direct, prefix: [] });
    }
  }
  return [...found, ...passedToCallback(tracer, owner, index, path)];
}

/** Calls and constructions that reach this function. */
export function callersOf(tracer: Tracer, owner: ts.FunctionLikeDeclaration): CallLike[] {
  const busy = open.get(tracer) ?? new Set<ts.Node>();
  open.set(tracer, busy);
  const memo = known.get(tracer) ?? new Map<ts.Node, CallLike[]>();
  known.set(tracer, memo);
  const remembered = memo.get(owner);
  if (remembered) return remembered;
  if (busy.has(owner)) return [];
  busy.add(owner);
  const calls = findCallers(tracer, owner);
  busy.delete(owner);
  memo.set(owner, calls);
  return calls;
}

function findCallers(tracer: Tracer, owner: ts.FunctionLikeDeclaration): CallLike[] {
  const isConstructor = ts.isConstructorDeclaration(owner);
  const declared = isConstructor ? owner.parent : owner;
  const name = ts.isConstructorDeclaration(owner) ? owner.parent.name?.text : calledAs(owner);
  const source = tracer.sources.of(owner);
  const names = new Set(name === undefined ? [] : [name]);
  for (const alias of namesElsewhere(tracer, source, declared, name)) names.add(alias);
  if (isConstructor) names.add('super');

  const found: CallLike[] = [];
  for (const each of names) {
    if (each === 'super') {
      if (name !== undefined) found.push(...superCalls(tracer, declared as ts.ClassLikeDeclaration, name));
      continue;
    }
    tracer.want(each);
    for (const file of tracer.sources.mentioning(each)) {
      for (const call of file.index.callsByName.get(each) ?? []) {
        if (call.arguments === undefined || call.arguments.length === 0) continue;
        if (ts.isNewExpression(call) !== isConstructor) continue;
        if (reaches(tracer, call, declared, each)) found.push(call);
      }
    }
  }
  return found;
}

/** True when what is called is this function or class. */
function reaches(tracer: Tracer, call: CallLike, declared: ts.Node, name: string): boolean {
  const values = tracer.trace(call.expression);
  if (
    values.some((value) => (value.kind === 'function' || value.kind === 'class') && value.node === declared)
  ) {
    return true;
  }
  // A method called on something unknown: believed only when no other function in sight has that name.
  const followed = values.some((value) => value.kind === 'function' || value.kind === 'class');
  const lost = values.length === 0 || values.some((value) => value.kind === 'unknown');
  const isMember =
    ts.isMethodDeclaration(declared) || (isFunction(declared) && !ts.isFunctionDeclaration(declared));
  if (followed || !lost || !isMember || !ts.isPropertyAccessExpression(call.expression)) return false;
  return isOnlyFunctionNamed(tracer, name, declared);
}

function isOnlyFunctionNamed(tracer: Tracer, name: string, declared: ts.Node): boolean {
  for (const file of tracer.sources.mentioning(name)) {
    for (const write of file.index.writes.get(name) ?? []) {
      if (write.value !== declared && isFunction(write.value)) return false;
    }
    if ((file.index.methods.get(name) ?? []).some((method) => method !== declared)) return false;
  }
  return true;
}

/** Other names of a function: those it is exported under, and what importers call a default export. */
function namesElsewhere(
  tracer: Tracer,
  source: Source,
  declared: ts.Node,
  name: string | undefined,
): Set<string> {
  const names = new Set<string>();
  const exports = exportsOf(source);
  const stands = (node: ts.Node): boolean => {
    if (node === declared) return true;
    if (ts.isIdentifier(node)) return name !== undefined && node.text === name;
    return ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name;
  };
  let isDefault = hasModifier(declared, ts.SyntaxKind.DefaultKeyword);
  for (const [exported, targets] of exports.named) {
    if (!targets.some((target) => target.kind === 'node' && stands(target.node))) continue;
    if (exported === 'default') isDefault = true;
    else names.add(exported);
  }
  for (const whole of exports.whole) if (stands(whole)) isDefault = true;
  if (isDefault) for (const local of importedAs(tracer, source)) names.add(local);
  return names;
}

/** What other files call the default export (or the whole CommonJS export) of a module. */
function importedAs(tracer: Tracer, source: Source): string[] {
  const parts = source.path.replace(/\.[^./]+$/, '').split('/');
  const last = parts.pop() ?? '';
  const word = last === 'index' ? (parts.pop() ?? last) : last;
  tracer.want(word);
  const names: string[] = [];
  for (const file of tracer.sources.mentioning(word)) {
    if (!file.index.specifiers.some((each) => leadsTo(tracer, each, file, source))) continue;
    for (const statement of file.ast.statements) {
      if (ts.isImportDeclaration(statement) && ts.isStringLiteralLike(statement.moduleSpecifier)) {
        const clause = statement.importClause;
        if (clause?.name && leadsTo(tracer, statement.moduleSpecifier.text, file, source))
          names.push(clause.name.text);
        if (clause?.namedBindings && ts.isNamedImports(clause.namedBindings)) {
          for (const each of clause.namedBindings.elements) {
            if (each.propertyName?.text === 'default') names.push(each.name.text);
          }
        }
      }
    }
    for (const call of file.index.callsByName.get('require') ?? []) {
      const [first] = call.arguments ?? [];
      if (!first || !ts.isStringLiteralLike(first) || !leadsTo(tracer, first.text, file, source)) continue;
      const holder = ts.isPropertyAccessExpression(call.parent) ? call.parent.parent : call.parent;
      if (ts.isVariableDeclaration(holder) && ts.isIdentifier(holder.name)) names.push(holder.name.text);
    }
    // A barrel that hands it on under a name of its own.
    for (const [exported, targets] of exportsOf(file).named) {
      const passesOn = targets.some(
        (target) =>
          target.kind === 'from' &&
          target.name === 'default' &&
          leadsTo(tracer, target.specifier, file, source),
      );
      if (passesOn && exported !== 'default') names.push(exported);
    }
  }
  return names;
}

function leadsTo(tracer: Tracer, specifier: string, from: Source, to: Source): boolean {
  const resolved = tracer.modules.resolve(specifier, from.path);
  return resolved.kind === 'file' && resolved.path === to.path;
}

/** `super(...)` in classes that extend this one. */
function superCalls(tracer: Tracer, declared: ts.ClassLikeDeclaration, name: string): ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  for (const file of tracer.sources.mentioning(name)) {
    for (const call of file.index.calls) {
      if (call.expression.kind !== ts.SyntaxKind.SuperKeyword) continue;
      let holder: ts.Node = call;
      while (holder.parent && !ts.isClassLike(holder)) holder = holder.parent;
      if (!ts.isClassLike(holder)) continue;
      const base = holder.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ExtendsKeyword)
        ?.types[0];
      if (!base) continue;
      const values = tracer.trace(base.expression);
      if (values.some((value) => value.kind === 'class' && value.node === declared)) found.push(call);
    }
  }
  return found;
}

/** `withClient((client) => …)`: what the function that is given this callback calls it with. */
function passedToCallback(
  tracer: Tracer,
  owner: ts.FunctionLikeDeclaration,
  index: number,
  path: Path,
): Argument[] {
  if (!ts.isArrowFunction(owner) && !ts.isFunctionExpression(owner)) return [];
  const call = owner.parent;
  if (!ts.isCallExpression(call)) return [];
  const position = call.arguments.indexOf(owner);
  if (position < 0) return [];
  const found: Argument[] = [];
  for (const value of tracer.trace(call.expression)) {
    if (value.kind !== 'function') continue;
    const parameter = value.node.parameters[position];
    if (!parameter || !ts.isIdentifier(parameter.name)) continue;
    const called = tracer.sources.of(value.node).index.callsByName.get(parameter.name.text) ?? [];
    for (const inner of called) {
      if (!ts.isIdentifier(inner.expression)) continue;
      if (!lookup(inner.expression)?.declarations.includes(parameter as ts.ParameterDeclaration)) continue;
      const argument = inner.arguments?.[index];
      if (argument) found.push({ node: argument, prefix: [] });
    }
  }
  if (found.length === 0 && path.includes('beta')) found.push(...givenToSameObject(tracer, call));
  return found;
}

/**
 * `router.post(path, (request, client) => …)` with `router.handle(request, client)` elsewhere in the file: what foreign
 * code hands to a callback is what it was handed through the same object.
 */
function givenToSameObject(tracer: Tracer, registration: ts.CallExpression): Argument[] {
  const callee = registration.expression;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return [];
  const object = lookup(callee.expression);
  if (!object) return [];
  const found: Argument[] = [];
  for (const call of tracer.sources.of(registration).index.calls) {
    const other = call.expression;
    if (!ts.isPropertyAccessExpression(other) || !ts.isIdentifier(other.expression)) continue;
    if (other.expression.text !== object.name || lookup(other.expression) !== object) continue;
    for (const argument of call.arguments) {
      if (ts.isIdentifier(argument) || ts.isNewExpression(argument) || ts.isCallExpression(argument)) {
        found.push({ node: argument, prefix: [] });
      }
    }
  }
  return found;
}

/** `new C(...)` of a class, in every file in sight. */
export function constructionsOf(tracer: Tracer, declared: ts.ClassLikeDeclaration): ts.NewExpression[] {
  const name = declared.name?.text;
  if (name === undefined) return [];
  tracer.want(name);
  const names = new Set([name, ...namesElsewhere(tracer, tracer.sources.of(declared), declared, name)]);
  return [...names].flatMap((each) =>
    tracer.sources
      .mentioning(each)
      .flatMap((file) => file.index.callsByName.get(each) ?? [])
      .filter((call): call is ts.NewExpression => ts.isNewExpression(call))
      .filter((call) =>
        tracer.trace(call.expression).some((value) => value.kind === 'class' && value.node === declared),
      ),
  );
}
