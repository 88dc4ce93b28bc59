/**
 * Dependency injection: what Nest, Angular, tsyringe, Inversify and Fastify hand to a constructor or a lookup is what
 * was registered under the same token.
 */
import { ts } from 'ts-morph';
import { bare, lastName, propertyName } from '../source/parse.ts';
import { CALL, NEW, type Path, type Tracer } from './values.ts';

export interface Provided {
  node: ts.Node;
  prefix: Path;
}

const REGISTER = new Set([
  'register',
  'registerInstance',
  'registerSingleton',
  'decorate',
  'decorateRequest',
  'set',
  'provide',
  'addInstance',
]);
const BIND_VALUE = new Set(['toConstantValue', 'toDynamicValue', 'to', 'toFactory']);

/** What is injected into a constructor's parameter, by `@Inject(token)` or by its declared class. */
export function injected(tracer: Tracer, parameter: ts.ParameterDeclaration): Provided[] {
  const token = injectToken(parameter) ?? typeToken(parameter.type);
  return token === undefined ? [] : provided(tracer, token);
}

/** What is injected into a property (`@Inject(token) client: OpenAI`, `client = inject(token)`). */
export function injectedProperty(tracer: Tracer, member: ts.PropertyDeclaration): Provided[] {
  const token = injectToken(member);
  return token === undefined ? [] : provided(tracer, token);
}

/** What a container was given under the token of this expression. */
export function registered(tracer: Tracer, tokenExpression: ts.Expression): Provided[] {
  const token = tokenOf(tokenExpression);
  return token === undefined || token.length < 3 ? [] : provided(tracer, token);
}

function injectToken(node: ts.ParameterDeclaration | ts.PropertyDeclaration): string | undefined {
  for (const decorator of ts.getDecorators(node) ?? []) {
    const call = decorator.expression;
    if (!ts.isCallExpression(call) || !/inject/i.test(lastName(call.expression) ?? '')) continue;
    const [token] = call.arguments;
    if (token) return tokenOf(token);
  }
  return undefined;
}

function typeToken(type: ts.TypeNode | undefined): string | undefined {
  if (!type || !ts.isTypeReferenceNode(type)) return undefined;
  return ts.isIdentifier(type.typeName) ? type.typeName.text : type.typeName.right.text;
}

/** A token's name: the text of a string, the last name of an access, `forwardRef(() => X)` seen through. */
function tokenOf(expression: ts.Expression): string | undefined {
  const inner = bare(expression);
  if (ts.isStringLiteralLike(inner)) return inner.text;
  if (ts.isCallExpression(inner)) {
    const [first] = inner.arguments;
    if (first && ts.isArrowFunction(first) && !ts.isBlock(first.body)) return tokenOf(first.body);
    return undefined;
  }
  return lastName(inner);
}

function provided(tracer: Tracer, token: string): Provided[] {
  const found: Provided[] = [];
  tracer.want(token);
  for (const file of tracer.sources.mentioning(token)) {
    for (const literal of file.index.providers) found.push(...fromProvider(tracer, literal, token));
    for (const name of REGISTER) {
      for (const call of file.index.callsByName.get(name) ?? []) {
        const [key, value] = call.arguments ?? [];
        if (!key || !value || tokenOf(key) !== token) continue;
        if (ts.isObjectLiteralExpression(value)) found.push(...fromProvider(tracer, value, undefined));
        found.push({ node: value, prefix: [] });
      }
    }
    found.push(...fromBindings(file.index.callsByName.get('bind') ?? [], token));
  }
  return found;
}

/** Inversify: `container.bind(TOKEN).toConstantValue(client)`. */
function fromBindings(calls: readonly (ts.CallExpression | ts.NewExpression)[], token: string): Provided[] {
  const found: Provided[] = [];
  for (const call of calls) {
    const [key] = call.arguments ?? [];
    if (!key || tokenOf(key) !== token) continue;
    const access = call.parent;
    if (!ts.isPropertyAccessExpression(access) || !BIND_VALUE.has(access.name.text)) continue;
    const outer = access.parent;
    const [value] = ts.isCallExpression(outer) ? outer.arguments : [];
    if (value) found.push({ node: value, prefix: access.name.text === 'toConstantValue' ? [] : [CALL] });
  }
  return found;
}

/** `{ provide, useFactory | useValue | useClass | useExisting }`; without `token` the literal's own key is not asked. */
function fromProvider(
  tracer: Tracer,
  literal: ts.ObjectLiteralExpression,
  token: string | undefined,
): Provided[] {
  const values = new Map<string, ts.Node>();
  for (const property of literal.properties) {
    const name = propertyName(property.name);
    if (name === undefined) continue;
    if (ts.isPropertyAssignment(property)) values.set(name, property.initializer);
    else if (ts.isMethodDeclaration(property)) values.set(name, property);
    else if (ts.isShorthandPropertyAssignment(property)) values.set(name, property.name);
  }
  const key = values.get('provide');
  if (token !== undefined && (!key || !ts.isExpression(key) || tokenOf(key) !== token)) return [];
  const found: Provided[] = [];
  const factory = values.get('useFactory');
  const value = values.get('useValue');
  const made = values.get('useClass');
  const existing = values.get('useExisting');
  if (factory) found.push({ node: factory, prefix: [CALL] });
  if (value) found.push({ node: value, prefix: [] });
  if (made) found.push({ node: made, prefix: [NEW] });
  if (existing && ts.isExpression(existing)) {
    const other = tokenOf(existing);
    if (other !== undefined && other !== token) found.push(...provided(tracer, other));
  }
  return found;
}
