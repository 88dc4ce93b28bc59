/** `client.beta.vectorStores` moved to `client.vectorStores` with SDK 4.87. */
import { ts } from 'ts-morph';
import { chainOf } from '../detect/chain.ts';
import type { Path } from '../flow/values.ts';
import { atLeast, type SdkVersion, VECTOR_STORES_MOVED } from '../project/sdk-version.ts';
import type { Source } from '../source/sources.ts';
import { NOTHING, type Outcome } from './outcome.ts';

export function moveVectorStores(
  source: Source,
  node: ts.Expression,
  path: Path,
  version: SdkVersion,
): Outcome {
  if (path[0] !== 'beta' || path[1] !== 'vectorStores') return NOTHING;
  // A range without lockfile may stand for either side of the move.
  const certain = version.from !== 'range' || version.major >= 5;
  if (!certain || !atLeast(version, VECTOR_STORES_MOVED)) return NOTHING;
  const callee = ts.isCallExpression(node) ? node.expression : node;
  const { names, nodes } = chainOf(callee);
  const at = names.findIndex((name, index) => name === 'beta' && names[index + 1] === 'vectorStores');
  const beta = nodes[at];
  const stores = nodes[at + 1];
  if (!beta || !stores || !ts.isPropertyAccessExpression(beta) || !ts.isPropertyAccessExpression(stores))
    return NOTHING;
  const start = beta.name.getStart(source.ast);
  return {
    rewrite: {
      kind: 'vector-stores',
      at: start,
      message: `\`beta.vectorStores\` is \`vectorStores\` in openai ${version.text}`,
      // From `beta` to `vectorStores`, so that a `?.` before it stays.
      edits: [{ start, end: stores.name.getStart(source.ast), text: '' }],
    },
  };
}
