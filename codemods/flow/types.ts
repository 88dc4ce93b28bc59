/**
 * What a written type says about a value: that it is a client of the SDK (wherever it comes from), one of its resources,
 * or an instance of a class of the project, which is then followed. JSDoc types are the same nodes.
 */
import { ts } from 'ts-morph';
import { propertyName } from '../source/parse.ts';
import { isClientClass } from './openai.ts';
import { lookupName } from './scope.ts';
import { isSdkModule, isSdkSubmodule } from './sdk-module.ts';
import { CALL, type Expanded, NEW, type Path, type Step, type Tracer, type Value } from './values.ts';

/** Generic types that are transparent for their first argument. */
const TRANSPARENT = new Set([
  'Promise',
  'PromiseLike',
  'Awaited',
  'Readonly',
  'Required',
  'Partial',
  'NonNullable',
  'Pick',
  'Omit',
  'MaybePromise',
  'Ref',
  'Mocked',
]);

/** Class types of the SDK that are a client's resources, by the module they are imported from. */
const RESOURCE_TYPES: Record<string, Path> = {
  Beta: ['beta'],
  Assistants: ['beta', 'assistants'],
  Threads: ['beta', 'threads'],
  Messages: ['beta', 'threads', 'messages'],
  Runs: ['beta', 'threads', 'runs'],
  Steps: ['beta', 'threads', 'runs', 'steps'],
  VectorStores: ['beta', 'vectorStores'],
};

export function expandType(tracer: Tracer, type: ts.TypeNode, path: Path, step: Step, depth = 0): Expanded {
  if (depth > 12) return;
  const again = (inner: ts.TypeNode, rest: Path = path): Expanded =>
    expandType(tracer, inner, rest, step, depth + 1);

  if (
    ts.isParenthesizedTypeNode(type) ||
    ts.isOptionalTypeNode(type) ||
    ts.isJSDocNullableType(type) ||
    ts.isJSDocNonNullableType(type) ||
    ts.isJSDocOptionalType(type)
  ) {
    return again(type.type as ts.TypeNode);
  }
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) {
    for (const each of type.types) again(each);
    return;
  }
  if (ts.isTypeQueryNode(type)) {
    return step.push(entityExpression(type.exprName), [...entityRest(type.exprName), ...path]);
  }
  if (ts.isIndexedAccessTypeNode(type)) {
    const index = type.indexType;
    if (ts.isLiteralTypeNode(index) && ts.isStringLiteral(index.literal))
      again(type.objectType, [index.literal.text, ...path]);
    return;
  }
  if (ts.isTypeLiteralNode(type)) return expandMembers(tracer, type.members, path, step, depth);
  if (ts.isImportTypeNode(type)) return expandImportType(tracer, type, path, step);
  if (ts.isFunctionTypeNode(type)) {
    if (path[0] === CALL) again(type.type, path.slice(1));
    return;
  }
  if (ts.isTypeReferenceNode(type)) return expandReference(tracer, type, path, step, depth);
  if (ts.isExpressionWithTypeArguments(type)) {
    expandEntity(tracer, type.expression, path, step, depth);
  }
}

function expandReference(
  tracer: Tracer,
  type: ts.TypeReferenceNode,
  path: Path,
  step: Step,
  depth: number,
): Expanded {
  const [argument] = type.typeArguments ?? [];
  const name = ts.isIdentifier(type.typeName) ? type.typeName.text : undefined;
  if (name === 'ReturnType' && argument)
    return expandType(tracer, argument, [CALL, ...path], step, depth + 1);
  if (name === 'InstanceType' && argument)
    return expandType(tracer, argument, [NEW, ...path], step, depth + 1);
  if (name !== undefined && TRANSPARENT.has(name) && argument) {
    return expandType(tracer, argument, path, step, depth + 1);
  }
  expandEntity(tracer, type.typeName, path, step, depth);
}

/** A type's name, possibly qualified: `OpenAI`, `OpenAI.Beta.Threads`, `Deps`. */
function expandEntity(
  tracer: Tracer,
  name: ts.EntityName | ts.Expression,
  path: Path,
  step: Step,
  depth: number,
): Expanded {
  const names = entityNames(name);
  const [first, ...rest] = names;
  if (first === undefined) return;
  const binding = lookupName(first, name);
  for (const declaration of binding?.declarations ?? []) {
    if (ts.isInterfaceDeclaration(declaration)) {
      expandInterface(tracer, declaration, path, step, depth);
    } else if (ts.isTypeAliasDeclaration(declaration)) {
      expandType(tracer, declaration.type, path, step, depth + 1);
    } else if (ts.isTypeParameterDeclaration(declaration)) {
      if (declaration.constraint) expandType(tracer, declaration.constraint, path, step, depth + 1);
    } else if (ts.isClassLike(declaration)) {
      step.push(declaration, [NEW, ...path]);
    } else {
      expandImported(tracer, declaration, rest, name, path, step, depth);
    }
  }
}

/** A type whose first name is imported: from the SDK, or from a file of the project. */
function expandImported(
  tracer: Tracer,
  declaration: ts.Node,
  rest: string[],
  at: ts.Node,
  path: Path,
  step: Step,
  depth: number,
): Expanded {
  for (const value of tracer.trace(declaration)) {
    if (value.kind === 'external') sdkType(value, rest, at, path, step);
    else if (value.kind === 'class') step.push(value.node, [NEW, ...path]);
    else if (value.kind === 'unknown' && ts.isInterfaceDeclaration(value.node)) {
      expandInterface(tracer, value.node, path, step, depth);
    } else if (value.kind === 'unknown' && ts.isTypeAliasDeclaration(value.node)) {
      expandType(tracer, value.node.type, path, step, depth + 1);
    }
  }
}

function sdkType(
  value: Value & { kind: 'external' },
  rest: string[],
  at: ts.Node,
  path: Path,
  step: Step,
): Expanded {
  const names = [...value.path, ...rest].filter((name) => name !== 'default');
  if (
    isClientClass(value) &&
    (rest.length === 0 || rest.every((name) => name === 'OpenAI' || name === 'AzureOpenAI'))
  ) {
    return step.emit({ kind: 'typed', node: at, path });
  }
  const fromSdk = isSdkModule(value.specifier) || isSdkSubmodule(value.specifier);
  const last = names.at(-1);
  const resource = last === undefined ? undefined : RESOURCE_TYPES[last];
  if (fromSdk && resource) step.emit({ kind: 'typed', node: at, path: [...resource, ...path] });
}

function expandInterface(
  tracer: Tracer,
  node: ts.InterfaceDeclaration,
  path: Path,
  step: Step,
  depth: number,
): Expanded {
  expandMembers(tracer, node.members, path, step, depth);
  for (const clause of node.heritageClauses ?? []) {
    for (const base of clause.types) expandType(tracer, base, path, step, depth + 1);
  }
}

function expandMembers(
  tracer: Tracer,
  members: readonly ts.TypeElement[],
  path: Path,
  step: Step,
  depth: number,
): Expanded {
  const [name, ...rest] = path;
  if (name === undefined) return;
  for (const member of members) {
    if (propertyName(member.name) !== name) continue;
    if (ts.isPropertySignature(member) && member.type) expandType(tracer, member.type, rest, step, depth + 1);
    if (ts.isMethodSignature(member) && member.type && rest[0] === CALL) {
      expandType(tracer, member.type, rest.slice(1), step, depth + 1);
    }
  }
}

function expandImportType(tracer: Tracer, type: ts.ImportTypeNode, path: Path, step: Step): Expanded {
  const argument = type.argument;
  if (!ts.isLiteralTypeNode(argument) || !ts.isStringLiteral(argument.literal)) return;
  const resolved = tracer.modules.resolve(argument.literal.text, type.getSourceFile().fileName);
  const names = type.qualifier ? entityNames(type.qualifier) : [];
  if (resolved.kind === 'external') {
    sdkType(
      { kind: 'external', specifier: resolved.specifier, path: [], node: type },
      names,
      type,
      path,
      step,
    );
    return;
  }
  const source = tracer.sources.get(resolved.path);
  if (source && type.isTypeOf) step.push(source.ast, [...names, ...path]);
}

function entityNames(name: ts.EntityName | ts.Expression): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  if (ts.isQualifiedName(name)) return [...entityNames(name.left), name.right.text];
  if (ts.isPropertyAccessExpression(name)) return [...entityNames(name.expression), name.name.text];
  return [];
}

function entityExpression(name: ts.EntityName): ts.Node {
  return ts.isIdentifier(name) ? name : entityExpression(name.left);
}

function entityRest(name: ts.EntityName): string[] {
  return entityNames(name).slice(1);
}
