/**
 * Reading the answer: `messages.list(…)` and what is made of it, down to the text of the newest message. All of that is
 * `response.output_text`; whatever else is read of a message has no such counterpart, and the flow stays.
 */
import { ts } from 'ts-morph';
import type { Edit } from '../source/edits.ts';
import type { Source } from '../source/sources.ts';
import { constantStatement, quoted, removal, usesOf } from './code.ts';
import { Stays } from './stays.ts';

/** What an expression is, on the way from the page to the text. */
type Shape =
  | 'event'
  | 'chunk'
  | 'change'
  | 'page'
  | 'messages'
  | 'message'
  | 'parts'
  | 'part'
  | 'text'
  | 'value';

const STEPS: Record<Shape, Record<string, Shape>> = {
  event: { data: 'chunk' },
  chunk: { delta: 'change' },
  change: { content: 'parts' },
  page: { data: 'messages' },
  messages: { '[0]': 'message' },
  message: { content: 'parts' },
  parts: { '[0]': 'part' },
  part: { text: 'text' },
  text: { value: 'value' },
  value: {},
};

/** What an answer with a text has there. */
const KINDS: Record<string, string> = { 'part.type': 'text', 'message.role': 'assistant' };

/** @param page the awaited call of `messages.list`; `response`: the constant that has the response. */
export function readAnswer(source: Source, page: ts.AwaitExpression, response: string): Edit[] {
  return new Answer(source, `${response}.output_text`).read(page, 'page');
}

/** The same for `thread.message.delta`: `event.data.delta` down to a piece of the text. */
export function readDelta(source: Source, event: ts.Identifier, text: string): Edit[] {
  return new Answer(source, text).read(event, 'event');
}

class Answer {
  readonly #source: Source;
  readonly #text: string;
  readonly #edits: Edit[] = [];
  /** Nodes that were replaced by the text as such. */
  readonly #leaves: ts.Expression[] = [];
  readonly #choices: ts.ConditionalExpression[] = [];

  constructor(source: Source, text: string) {
    this.#source = source;
    this.#text = text;
  }

  read(from: ts.Expression, shape: Shape): Edit[] {
    this.#follow(from, shape);
    const folded = this.#choices.flatMap((choice) => this.#fold(choice) ?? []);
    const kept = this.#edits.filter(
      (edit) => !folded.some((whole) => whole.start <= edit.start && edit.end <= whole.end),
    );
    return [...kept, ...folded];
  }

  #follow(start: ts.Expression, from: Shape): void {
    let node = start;
    let shape = from;
    for (;;) {
      if (shape === 'value') break;
      const parent: ts.Node = node.parent;
      if (isAround(parent)) {
        node = parent;
        continue;
      }
      if (isListOrNothing(parent, node)) {
        node = parent;
        continue;
      }
      const step = stepFrom(parent, node);
      const kind = step && KINDS[`${shape}.${step.name}`];
      if (step && kind !== undefined) {
        this.#kind(step.node, kind);
        return;
      }
      const next = step && STEPS[shape][step.name];
      if (step && next) {
        node = step.node;
        shape = next;
        continue;
      }
      if (ts.isVariableDeclaration(parent) && parent.initializer === node) this.#name(parent, shape);
      else if (!['page', 'event', 'chunk'].includes(shape) && isCondition(node))
        this.#replace(node, this.#text);
      else throw this.#stays(node);
      return;
    }
    this.#leaf(node);
  }

  #name(declaration: ts.VariableDeclaration, shape: Shape): void {
    const statement = constantStatement(declaration);
    const named = nameIn(declaration.name, shape);
    if (!statement || !named) throw this.#stays(declaration);
    this.#edits.push(removal(this.#source, statement));
    for (const use of usesOf(named.name)) {
      // `{ message }` is the property's name as well as the use.
      if (ts.isShorthandPropertyAssignment(use.parent)) throw this.#stays(use);
      this.#follow(use, named.shape);
    }
  }

  /** `part.type === 'text'`, `message.role === 'assistant'`: whether there is an answer with a text. */
  #kind(access: ts.Expression, kind: string): void {
    const { parent } = access;
    const operator = ts.isBinaryExpression(parent) ? parent.operatorToken.kind : undefined;
    const equals =
      operator === ts.SyntaxKind.EqualsEqualsEqualsToken || operator === ts.SyntaxKind.EqualsEqualsToken;
    const differs =
      operator === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
      operator === ts.SyntaxKind.ExclamationEqualsToken;
    if (!ts.isBinaryExpression(parent) || !(equals || differs)) throw this.#stays(access);
    const other = parent.left === access ? parent.right : parent.left;
    if (!ts.isStringLiteralLike(other) || other.text !== kind || !isCondition(parent))
      throw this.#stays(access);
    this.#replace(parent, equals ? this.#text : `!${this.#text}`);
    if (equals && ts.isConditionalExpression(parent.parent) && parent.parent.condition === parent)
      this.#choices.push(parent.parent);
  }

  #leaf(node: ts.Expression): void {
    const { parent } = node;
    if (ts.isBinaryExpression(parent)) {
      const { left, operatorToken, right } = parent;
      if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken && left === node) {
        // There is always a string, and it is empty where there was no message.
        if (ts.isBinaryExpression(right) || ts.isBinaryExpression(parent.parent)) throw this.#stays(node);
        this.#edits.push({
          start: node.getStart(this.#source.ast),
          end: operatorToken.end,
          text: `${this.#text} ||`,
        });
        return;
      }
      if (left === node && isAssignmentOperator(operatorToken.kind)) throw this.#stays(node);
    }
    this.#leaves.push(node);
    this.#replace(node, this.#text);
  }

  /** `part.type === 'text' ? part.text.value : ''` is the text itself. */
  #fold(choice: ts.ConditionalExpression): Edit | undefined {
    if (!this.#leaves.includes(choice.whenTrue)) return undefined;
    const { ast, text } = this.#source;
    const empty = ts.isStringLiteralLike(choice.whenFalse) && choice.whenFalse.text === '';
    const { parent } = choice;
    const alone =
      (ts.isVariableDeclaration(parent) && parent.initializer === choice) ||
      ts.isReturnStatement(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isTemplateSpan(parent) ||
      (ts.isCallExpression(parent) && parent.arguments.includes(choice));
    if (!empty && (!alone || !ts.isStringLiteralLike(choice.whenFalse))) return undefined;
    const otherwise = empty ? '' : ` || ${text.slice(choice.whenFalse.getStart(ast), choice.whenFalse.end)}`;
    return { start: choice.getStart(ast), end: choice.end, text: `${this.#text}${otherwise}` };
  }

  #replace(node: ts.Node, text: string): void {
    this.#edits.push({ start: node.getStart(this.#source.ast), end: node.end, text });
  }

  #stays(node: ts.Node): Stays {
    return new Stays(
      `${quoted(this.#source, node)} makes something of the messages that is more than the text of the newest one`,
    );
  }
}

function isAround(
  node: ts.Node,
): node is ts.ParenthesizedExpression | ts.NonNullExpression | ts.AsExpression | ts.SatisfiesExpression {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  );
}

/** `list ?? []`. */
function isListOrNothing(parent: ts.Node, node: ts.Node): parent is ts.BinaryExpression {
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
    ts.isArrayLiteralExpression(parent.right) &&
    parent.right.elements.length === 0
  );
}

/** `.name`, `[0]` or `.at(0)` on a node. */
function stepFrom(parent: ts.Node, node: ts.Node): { name: string; node: ts.Expression } | undefined {
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) {
    const call = parent.parent;
    const [first] = ts.isCallExpression(call) && call.expression === parent ? call.arguments : [];
    if (parent.name.text === 'at' && first && ts.isCallExpression(call) && first.getText() === '0')
      return { name: '[0]', node: call };
    return { name: parent.name.text, node: parent };
  }
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    return parent.argumentExpression.getText() === '0' ? { name: '[0]', node: parent } : undefined;
  }
  return undefined;
}

/** The one name that a declaration gives: `x`, `[x]` or `{ data: x }`. */
function nameIn(name: ts.BindingName, shape: Shape): { name: ts.Identifier; shape: Shape } | undefined {
  if (ts.isIdentifier(name)) return { name, shape };
  const [element] = name.elements;
  if (name.elements.length !== 1 || !element || !ts.isBindingElement(element)) return undefined;
  if (element.dotDotDotToken || element.initializer || !ts.isIdentifier(element.name)) return undefined;
  const step = ts.isArrayBindingPattern(name) ? '[0]' : (element.propertyName ?? element.name).getText();
  const next = STEPS[shape][step];
  return next && next !== 'value' ? { name: element.name, shape: next } : undefined;
}

/** Whether only the truth of an expression matters. */
function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isIfStatement(parent)) return parent.expression === node;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  if (ts.isPrefixUnaryExpression(parent))
    return parent.operator === ts.SyntaxKind.ExclamationToken && isCondition(parent);
  if (ts.isParenthesizedExpression(parent)) return isCondition(parent);
  return (
    ts.isBinaryExpression(parent) &&
    (parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken ||
      parent.operatorToken.kind === ts.SyntaxKind.BarBarToken) &&
    isCondition(parent)
  );
}

function isAssignmentOperator(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}
