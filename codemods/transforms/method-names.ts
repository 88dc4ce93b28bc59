/** Methods that were renamed: `del` and `delete`, `createAndStream` and `stream`. */
import { ts } from 'ts-morph';
import { canonical, DELETES } from '../detect/methods.ts';
import type { Path } from '../flow/values.ts';
import { atLeast, type SdkVersion, STREAM_RENAMED } from '../project/sdk-version.ts';
import { bare } from '../source/parse.ts';
import type { Source } from '../source/sources.ts';
import type { ChangeKind } from '../types.ts';
import { NOTHING, type Outcome } from './outcome.ts';

/** `del` became `delete` with SDK 5; code that already says `delete` doesn't run on SDK 4. */
export function repairDelete(
  source: Source,
  call: ts.CallExpression,
  path: Path,
  version: SdkVersion,
): Outcome {
  const method = path.at(-1);
  if (!DELETES.has(canonical(path))) return NOTHING;
  const wanted = version.major >= 5 ? 'delete' : 'del';
  return method === wanted ? NOTHING : rename(source, call, path, wanted, 'delete-method', version);
}

/** `runs.createAndStream` is a deprecated alias of `runs.stream`. */
export function repairCreateAndStream(
  source: Source,
  call: ts.CallExpression,
  path: Path,
  version: SdkVersion,
): Outcome {
  if (path.join('.') !== 'beta.threads.runs.createAndStream' || !atLeast(version, STREAM_RENAMED))
    return NOTHING;
  return rename(source, call, path, 'stream', 'create-and-stream', version);
}

function rename(
  source: Source,
  call: ts.CallExpression,
  path: Path,
  name: string,
  kind: ChangeKind,
  version: SdkVersion,
): Outcome {
  const callee = bare(call.expression);
  const old = path.at(-1);
  // A method that was taken off its resource (`const { del } = …`) is renamed where it is taken off: not here.
  const node = ts.isPropertyAccessExpression(callee)
    ? callee.name
    : ts.isElementAccessExpression(callee)
      ? callee.argumentExpression
      : undefined;
  if (!node) return NOTHING;
  const start = node.getStart(source.ast);
  const quote = ts.isStringLiteralLike(node) ? source.text.charAt(start) : '';
  return {
    rewrite: {
      kind,
      at: start,
      message: `\`${old}\` is \`${name}\` in openai ${version.major}`,
      edits: [{ start, end: node.end, text: `${quote}${name}${quote}` }],
    },
  };
}
