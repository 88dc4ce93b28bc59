/**
 * The questions and answers of the value flow. A question is "what may this expression be, seen through this path of
 * properties"; an answer is a set of values, because assignments, branches and callers may differ.
 */
import type { ts } from 'ts-morph';
import type { Packages } from '../project/packages.ts';
import type { Sources } from '../source/sources.ts';
import type { Modules } from './modules.ts';

/** Property names from the expression on. `CALL` is the result of calling, `NEW` an instance of a class. */
export type Path = readonly string[];

export const CALL = '()';
export const NEW = 'new()';
/** An element of a collection, whichever. */
export const EACH = '[]';

export type Value =
  /** `new OpenAI(...)`; `path` is what is still asked of it: `['beta', 'threads', 'create']`. */
  | { kind: 'client'; node: ts.NewExpression; path: Path; subclass: boolean }
  /** A client that is already behind rethread. */
  | { kind: 'wrapped'; node: ts.CallExpression; path: Path }
  /** Its declared type says that it is a client, or a part of one. */
  | { kind: 'typed'; node: ts.Node; path: Path }
  /** Something of a package that is not looked into, or a global. */
  | { kind: 'external'; specifier: string; path: Path; node: ts.Node }
  /** What a function of a package gave: `axios.create({ … })`. */
  | { kind: 'called'; node: ts.CallExpression }
  | { kind: 'function'; node: ts.SignatureDeclaration }
  | { kind: 'class'; node: ts.ClassLikeDeclaration }
  | { kind: 'instance'; node: ts.ClassLikeDeclaration }
  | { kind: 'object'; node: ts.ObjectLiteralExpression }
  | { kind: 'array'; node: ts.ArrayLiteralExpression }
  | { kind: 'literal'; node: ts.Expression }
  /** An environment variable. */
  | { kind: 'env'; name: string; node: ts.Node }
  | { kind: 'unknown'; node: ts.Node; path: Path; reason: string };

/** What an expansion gives: nothing. It pushes and emits; to return such a call is to be done. */
export type Expanded = ReturnType<Step['push']>;

/** What an expansion of one state may do. */
export interface Step {
  /** The value may also be this node's, seen through `path`. */
  push(node: ts.Node, path: Path): void;
  /** The value is this. */
  emit(value: Value): void;
}

/** What the parts of the flow share. */
export interface Tracer {
  readonly sources: Sources;
  readonly modules: Modules;
  readonly packages: Packages;
  trace(node: ts.Node, path?: Path): readonly Value[];
  /** Notes a word that files put aside should be searched for before the next attempt. */
  want(word: string): void;
}
