/** How the calls that take the place of others are written. */
import { ts } from 'ts-morph';
import type { Source } from '../source/sources.ts';
import { styleOf } from '../source/style.ts';
import { indentAt } from '../transforms/outcome.ts';
import { quoted } from './code.ts';
import { Stays } from './stays.ts';

/** `{ a, b }` as an argument in the place of a call, on several lines where one would be long. */
export function objectFor(source: Source, parts: readonly string[], call: ts.CallExpression): string {
  const start = call.getStart(source.ast);
  const { text } = source;
  const indent = indentAt(text, start);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const short = `{ ${parts.join(', ')} }`;
  const method = `${clientOf(source, call)}.responses.create();`;
  if (start - lineStart + method.length + short.length <= 100 && !short.includes('\n')) return short;
  const { eol } = styleOf(source);
  const unit = /^\t/m.test(text) ? '\t' : /^ {4}\S/m.test(text) && !/^ {2}\S/m.test(text) ? '    ' : '  ';
  return `{${eol}${parts.map((part) => `${indent}${unit}${part},${eol}`).join('')}${indent}}`;
}

/** The client of a call that is written out from it on: `openai` in `openai.beta.threads.create()`. */
export function clientOf(source: Source, call: ts.CallExpression): string {
  let at = call.expression;
  while (ts.isPropertyAccessExpression(at) && !at.questionDotToken) {
    if (at.name.text === 'beta')
      return source.text.slice(at.expression.getStart(source.ast), at.expression.end);
    at = at.expression;
  }
  throw new Stays(`${quoted(source, call)} calls it through a name for a part of the client`);
}
