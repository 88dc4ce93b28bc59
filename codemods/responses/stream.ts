/** Runs that are streamed: the two ways in which their text is taken, an event at a time or through `textDelta`. */
import { ts } from 'ts-morph';
import type { Edit } from '../source/edits.ts';
import { bare } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import { readDelta } from './answer.ts';
import { constantStatement, quoted, usesOf } from './code.ts';
import { Stays } from './stays.ts';

export interface Streamed {
  /** What the messages before it stand directly before. */
  statement: ts.Statement;
  /** `events`: `responses.create` with `stream: true`, to be awaited; `listeners`: `responses.stream`. */
  as: 'events' | 'listeners';
  edits: Edit[];
}

/** @param call of `runs.stream`. @throws Stays where more is made of the stream than its text. */
export function streamOf(source: Source, call: ts.CallExpression): Streamed {
  const { parent } = call;
  if (ts.isForOfStatement(parent))
    return { statement: parent, as: 'events', edits: loop(source, parent, call) };
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) && !parent.type) {
    const statement = constantStatement(parent);
    const [use, ...more] = usesOf(parent.name);
    if (!statement || !use || more.length > 0 || functionOf(use) !== functionOf(call))
      throw other(source, call);
    if (!ts.isForOfStatement(use.parent)) throw other(source, use);
    return { statement, as: 'events', edits: loop(source, use.parent, use) };
  }
  return listeners(source, call);
}

/** `for await (const event of stream) if (event.event === 'thread.message.delta') …` */
function loop(source: Source, statement: ts.ForOfStatement, of: ts.Expression): Edit[] {
  const list = statement.initializer;
  const [declaration] = ts.isVariableDeclarationList(list) ? list.declarations : [];
  const name = declaration?.name;
  if (!statement.awaitModifier || statement.expression !== of || !name || !ts.isIdentifier(name))
    throw other(source, statement);
  if (declaration.type) throw other(source, statement);
  const edits: Edit[] = [];
  const reads: ts.Identifier[] = [];
  const branches: ts.IfStatement[] = [];
  for (const use of usesOf(name)) {
    const branch = deltasOnly(use);
    if (branch) {
      const { expression } = branch;
      const text = source.text.slice(expression.getStart(source.ast), expression.end);
      const quote = text.includes('"') ? '"' : "'";
      edits.push({
        start: expression.getStart(source.ast),
        end: expression.end,
        text: `${name.text}.type === ${quote}response.output_text.delta${quote}`,
      });
      branches.push(branch);
    } else reads.push(use);
  }
  const body = ts.isBlock(statement.statement) ? statement.statement.statements : [statement.statement];
  // Whatever else is done for each event would be done for others, and more or less often.
  const more = body.find((each) => !branches.some((branch) => branch === each && !branch.elseStatement));
  if (more) throw other(source, more);
  for (const read of reads) {
    if (!branches.some(({ thenStatement: branch }) => branch.pos <= read.pos && read.end <= branch.end))
      throw other(source, read);
    edits.push(...readDelta(source, read, `${name.text}.delta`));
  }
  return edits;
}

/** `if (event.event === 'thread.message.delta')`, from the event in it. */
function deltasOnly(event: ts.Identifier): ts.IfStatement | undefined {
  const access = event.parent;
  const compared = access.parent;
  if (!ts.isPropertyAccessExpression(access) || access.name.text !== 'event') return undefined;
  if (!ts.isBinaryExpression(compared) || compared.left !== access) return undefined;
  const { operatorToken, right } = compared;
  const equals =
    operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    operatorToken.kind === ts.SyntaxKind.EqualsEqualsToken;
  if (!equals || !ts.isStringLiteralLike(right) || right.text !== 'thread.message.delta') return undefined;
  return ts.isIfStatement(compared.parent) && compared.parent.expression === compared
    ? compared.parent
    : undefined;
}

/** `stream(…).on('textDelta', (delta) => … delta.value …)` */
function listeners(source: Source, call: ts.CallExpression): Streamed {
  const edits: Edit[] = [];
  let at: ts.Expression = call;
  while (ts.isPropertyAccessExpression(at.parent) && at.parent.expression === at) {
    const method = at.parent;
    const listened = method.parent;
    if (!ts.isCallExpression(listened) || listened.expression !== method) throw other(source, call);
    if (method.name.text === 'done' && listened.arguments.length === 0) {
      at = listened;
      break;
    }
    if (method.name.text !== 'on') throw other(source, call);
    edits.push(...listener(source, listened));
    at = listened;
  }
  const statement = ts.isAwaitExpression(at.parent) ? at.parent.parent : at.parent;
  if (edits.length === 0 || !ts.isExpressionStatement(statement)) throw other(source, call);
  return { statement, as: 'listeners', edits };
}

function listener(source: Source, on: ts.CallExpression): Edit[] {
  const [event, given] = on.arguments;
  const heard = given && bare(given);
  const isFunction = heard && (ts.isArrowFunction(heard) || ts.isFunctionExpression(heard));
  if (!event || !ts.isStringLiteral(event) || event.text !== 'textDelta' || !isFunction)
    throw other(source, event ?? on);
  const [delta, ...more] = heard.parameters;
  if (!delta || more.length > 0 || delta.type || delta.initializer || !ts.isIdentifier(delta.name))
    throw other(source, event);
  const start = event.getStart(source.ast);
  return [
    { start: start + 1, end: event.end - 1, text: 'response.output_text.delta' },
    ...usesOf(delta.name).map((use) => {
      const access = use.parent;
      if (!ts.isPropertyAccessExpression(access) || access.name.text !== 'value') throw other(source, use);
      return { start: access.name.getStart(source.ast), end: access.name.end, text: 'delta' };
    }),
  ];
}

function functionOf(node: ts.Node): ts.Node | undefined {
  let at: ts.Node | undefined = node;
  while (at && !ts.isFunctionLike(at)) at = at.parent;
  return at;
}

function other(source: Source, node: ts.Node): Stays {
  return new Stays(`${quoted(source, node)} makes something of the stream that is more than its text`);
}
