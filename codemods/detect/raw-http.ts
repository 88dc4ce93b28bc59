/**
 * Calls of the Assistants API without the SDK: URLs written out, built from a base that is followed to its literal, or
 * sent through an HTTP client that was given a base.
 */
import { ts } from 'ts-morph';
import type { Tracer } from '../flow/values.ts';
import { bare, lastName, propertyName } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';

export type Vendor = 'openai' | 'dashscope';

/** What comes before `/assistants` and `/threads` in a vendor's URLs. */
const BASE: Record<Vendor, RegExp> = {
  openai: /^https:\/\/api\.openai\.com\/v1/,
  dashscope: /^https:\/\/dashscope[\w-]*\.aliyuncs\.com\/api\/v1/,
};
const PATH = /^\/(?:assistants|threads)(?=[/?#]|$)/;
const BASE_OPTIONS = ['baseURL', 'baseUrl', 'prefixUrl', 'base_url', 'baseUri'];
const HTTP_METHODS = new Set(['get', 'post', 'put', 'patch', 'delete', 'request', 'head', 'fetch', '$fetch']);

export type UrlLiteral = ts.StringLiteralLike | ts.TemplateExpression;

export type RawUse =
  /** A literal that holds the base and the path. */
  | { kind: 'url'; source: Source; node: UrlLiteral; vendor: Vendor; base: string }
  /** A literal that is only the base, and the place that puts a path behind it. */
  | { kind: 'base'; source: Source; node: ts.StringLiteralLike; vendor: Vendor; base: string; use: ts.Node }
  /** A URL whose base could not be followed. */
  | { kind: 'lost'; source: Source; node: ts.Node; reason: string };

export function findRawHttp(tracer: Tracer, source: Source): RawUse[] {
  const uses: RawUse[] = [];
  for (const literal of [...source.index.strings, ...source.index.templates]) {
    const url = fullUrl(literal);
    if (url) uses.push({ kind: 'url', source, node: literal, ...url });
  }
  for (const template of source.index.templates) {
    const [span] = template.templateSpans;
    if (!span || template.head.text !== '') continue;
    if (hasPath(tracer, span.literal.text, template.templateSpans[1]?.expression)) {
      uses.push(...basesOf(tracer, source, span.expression, template));
    }
  }
  for (const literal of source.index.strings) {
    const sum = literal.parent;
    if (!ts.isBinaryExpression(sum) || sum.operatorToken.kind !== ts.SyntaxKind.PlusToken) continue;
    if (sum.right === literal && PATH.test(literal.text))
      uses.push(...basesOf(tracer, source, leftmost(sum.left), sum));
  }
  for (const template of source.index.templates) {
    const sum = template.parent;
    if (!ts.isBinaryExpression(sum) || sum.operatorToken.kind !== ts.SyntaxKind.PlusToken) continue;
    if (sum.right === template && PATH.test(`${template.head.text}/`))
      uses.push(...basesOf(tracer, source, leftmost(sum.left), sum));
  }
  uses.push(
    ...throughInstances(tracer, source),
    ...ofConstants(source),
    ...byHost(source),
    ...handedOn(tracer, source),
  );
  return uses;
}

function fullUrl(literal: UrlLiteral): { vendor: Vendor; base: string } | undefined {
  const text = ts.isTemplateExpression(literal) ? literal.head.text : literal.text;
  for (const vendor of ['openai', 'dashscope'] as const) {
    const base = BASE[vendor].exec(text)?.[0];
    if (base !== undefined && PATH.test(text.slice(base.length))) return { vendor, base };
  }
  return undefined;
}

/** True when what follows the base begins with a path of the API, written out or as a constant. */
function hasPath(tracer: Tracer, text: string, next: ts.Expression | undefined): boolean {
  if (PATH.test(text) || /^\/v1\/(?:assistants|threads)\b/.test(text)) return true;
  if (text !== '' || !next) return false;
  return tracer
    .trace(next)
    .some(
      (value) => value.kind === 'literal' && ts.isStringLiteralLike(value.node) && PATH.test(value.node.text),
    );
}

function leftmost(node: ts.Expression): ts.Expression {
  const inner = bare(node);
  return ts.isBinaryExpression(inner) ? leftmost(inner.left) : inner;
}

/** The base literals that an expression may be; a lost use if there is none and the file speaks of the API's header. */
function basesOf(tracer: Tracer, source: Source, base: ts.Expression, use: ts.Node): RawUse[] {
  const found: RawUse[] = [];
  const values = tracer.trace(base);
  for (const value of values) {
    if (value.kind !== 'literal' || !ts.isStringLiteralLike(value.node)) continue;
    const known = onlyBase(value.node);
    if (known)
      found.push({ kind: 'base', source: tracer.sources.of(value.node), node: value.node, use, ...known });
  }
  if (found.length > 0 || !/OpenAI-Beta|assistants=v/i.test(source.text)) return found;
  if (values.length > 0 && values.every((value) => value.kind === 'literal')) return found;
  const client = values.some(
    (value) => value.kind === 'client' || value.kind === 'typed' || value.kind === 'wrapped',
  );
  const variable = values.find((value) => value.kind === 'env');
  const reason = client
    ? 'it is sent to the base URL of an OpenAI client, but not through that client'
    : variable?.kind === 'env'
      ? `its base is the environment variable \`${variable.name}\``
      : `its base \`${base.getText(source.ast).slice(0, 60)}\` is not known`;
  return [{ kind: 'lost', source, node: use, reason }];
}

function onlyBase(literal: ts.StringLiteralLike): { vendor: Vendor; base: string } | undefined {
  for (const vendor of ['openai', 'dashscope'] as const) {
    const base = BASE[vendor].exec(literal.text)?.[0];
    if (base !== undefined && /^\/?$/.test(literal.text.slice(base.length))) return { vendor, base };
  }
  return undefined;
}

/** `api.post('/threads')` where `api` was made with a base: `axios.create({ baseURL })`, `got.extend({ prefixUrl })`. */
function throughInstances(tracer: Tracer, source: Source): RawUse[] {
  const found: RawUse[] = [];
  for (const call of source.index.calls) {
    const [first] = call.arguments;
    const name = lastName(call.expression);
    if (!first || name === undefined || !(HTTP_METHODS.has(name) || ts.isIdentifier(call.expression)))
      continue;
    const path = ts.isTemplateExpression(first)
      ? `${first.head.text}/`
      : ts.isStringLiteralLike(first)
        ? first.text
        : '';
    if (!/^\/?(?:assistants|threads)(?=[/?]|$)/.test(path)) continue;
    const object = ts.isPropertyAccessExpression(call.expression)
      ? call.expression.expression
      : call.expression;
    for (const value of tracer.trace(object)) {
      if (value.kind !== 'called') continue;
      for (const option of baseOptions(value.node)) found.push(...basesOf(tracer, source, option, call));
    }
  }
  return found;
}

function baseOptions(call: ts.CallExpression): ts.Expression[] {
  const [options] = call.arguments;
  if (!options || !ts.isObjectLiteralExpression(options)) return [];
  return options.properties.flatMap((property) =>
    ts.isPropertyAssignment(property) && BASE_OPTIONS.includes(propertyName(property.name) ?? '')
      ? [property.initializer]
      : [],
  );
}

/** A module of constants: the base beside the paths. Who puts them together is not asked. */
function ofConstants(source: Source): RawUse[] {
  const paths = source.index.strings.filter(
    (literal) => /^\/(?:assistants|threads)$/.test(literal.text) && isConstant(literal),
  );
  const [use] = paths;
  if (!use) return [];
  return source.index.strings.flatMap((literal): RawUse[] => {
    const known = isConstant(literal) ? onlyBase(literal) : undefined;
    return known ? [{ kind: 'base', source, node: literal, use, ...known }] : [];
  });
}

function isConstant(literal: ts.StringLiteralLike): boolean {
  return (
    (ts.isPropertyAssignment(literal.parent) && literal.parent.initializer === literal) ||
    ts.isVariableDeclaration(literal.parent) ||
    ts.isPropertyDeclaration(literal.parent) ||
    ts.isEnumMember(literal.parent)
  );
}

/** `https.request({ hostname: 'api.openai.com', path: '/v1/threads' })`, `new URL('/v1/threads', 'https://api.openai.com')`. */
function byHost(source: Source): RawUse[] {
  const found: RawUse[] = [];
  for (const literal of [...source.index.strings, ...source.index.templates]) {
    const text = ts.isTemplateExpression(literal) ? `${literal.head.text}/` : literal.text;
    if (!/^\/(?:api\/)?v1\/(?:assistants|threads)(?=[/?]|$)/.test(text)) continue;
    const whole = literal.parent.parent.getText(source.ast);
    if (!/api\.openai\.com|dashscope[\w-]*\.aliyuncs\.com/.test(whole)) continue;
    if (ts.isTemplateSpan(literal.parent)) continue;
    found.push({ kind: 'lost', source, node: literal, reason: 'its host is given apart from its path' });
  }
  return found;
}

/**
 * `poll(client, `/threads/${id}/runs/${run}`)` in a file that writes the API's header: a function is given a client and a
 * path, and puts a request together that does not go through the client.
 */
function handedOn(tracer: Tracer, source: Source): RawUse[] {
  if (!/OpenAI-Beta/i.test(source.text)) return [];
  const found: RawUse[] = [];
  for (const literal of [...source.index.strings, ...source.index.templates]) {
    const call = literal.parent;
    if (!ts.isCallExpression(call) || !ts.isIdentifier(call.expression)) continue;
    const path = ts.isTemplateExpression(literal) ? `${literal.head.text}/` : literal.text;
    if (!PATH.test(path) || !call.arguments.some((each) => each !== literal && isClient(tracer, each)))
      continue;
    const reason = `\`${call.expression.text}\` is given its path and a client, and it may not be sent through that client`;
    found.push({ kind: 'lost', source, node: literal, reason });
  }
  return found;
}

function isClient(tracer: Tracer, node: ts.Expression): boolean {
  return tracer
    .trace(node)
    .some(
      (value) =>
        (value.kind === 'client' || value.kind === 'typed' || value.kind === 'wrapped') &&
        value.path.length === 0,
    );
}
