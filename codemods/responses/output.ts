/** What a run is asked for after it ended, as a question to the response. */
import { ts } from 'ts-morph';
import type { Edit } from '../source/edits.ts';
import type { Source } from '../source/sources.ts';
import { quoted } from './code.ts';
import { Stays } from './stays.ts';

/** Statuses that both have, with the same meaning once the call has come back (docs/contracts/openai.md §4.5). */
const STATUSES = new Set(['completed', 'failed', 'incomplete', 'cancelled']);

/** @param use the run where it is used. @throws Stays for what a response does not have. */
export function outputOf(source: Source, use: ts.Identifier, response: string): Edit {
  const access = use.parent;
  if (!ts.isPropertyAccessExpression(access) || access.questionDotToken) throw other(source, use);
  const start = use.getStart(source.ast);
  if (access.name.text === 'status') {
    if (!isComparison(access) && !isShown(access)) throw other(source, use);
    return { start, end: use.end, text: response };
  }
  const message = access.parent;
  if (
    access.name.text === 'last_error' &&
    ts.isPropertyAccessExpression(message) &&
    message.expression === access &&
    message.name.text === 'message'
  )
    return { start, end: access.end, text: `${response}.error` };
  throw other(source, use);
}

function isComparison(access: ts.Expression): boolean {
  const { parent } = access;
  if (!ts.isBinaryExpression(parent)) return false;
  const compares = [
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ].includes(parent.operatorToken.kind);
  const against = parent.left === access ? parent.right : parent.left;
  return compares && ts.isStringLiteralLike(against) && STATUSES.has(against.text);
}

/** In a text or on the console, where a status is only read by people. */
function isShown(access: ts.Expression): boolean {
  const { parent } = access;
  if (ts.isTemplateSpan(parent)) return true;
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return ts.isCallExpression(parent) && /^console\./.test(parent.expression.getText());
}

function other(source: Source, use: ts.Identifier): Stays {
  return new Stays(`${quoted(source, use)} asks the run for something that a response does not have`);
}
