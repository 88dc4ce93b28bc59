/**
 * Calls of `client.vectorStores` and `client.files`. OpenAI still serves them; they are looked at because they stand
 * beside Assistants calls and changed their arguments in the same SDK major.
 */
import type { ts } from 'ts-morph';
import { throughOptions } from '../flow/openai.ts';
import type { Path, Tracer } from '../flow/values.ts';
import type { Source } from '../source/sources.ts';
import { chainOf } from './chain.ts';
import { canonical, DELETES, MOVED_IDS } from './methods.ts';

export function findLiveCalls(tracer: Tracer, source: Source): { call: ts.CallExpression; path: Path }[] {
  const found: { call: ts.CallExpression; path: Path }[] = [];
  for (const call of source.index.calls) {
    const { names } = chainOf(call.expression);
    const at = names.findIndex((name) => name === 'vectorStores' || name === 'files');
    if (at < 0 || names[at - 1] === 'beta' || names.includes('beta')) continue;
    const path = names.slice(at);
    const name = canonical(path);
    if (!MOVED_IDS[name] && !DELETES.has(name)) continue;
    const isClient = tracer
      .trace(call.expression)
      .some(
        (value) =>
          (value.kind === 'client' || value.kind === 'wrapped' || value.kind === 'typed') &&
          throughOptions(value.path)[0] === path[0],
      );
    if (isClient) found.push({ call, path });
  }
  return found;
}
