/** From a module specifier to the module, and from a module to what it exports. */
import type { ts } from 'ts-morph';
import { exportsOf } from './exports.ts';
import type { Expanded, Path, Step, Tracer } from './values.ts';

/** The module that a specifier means in the file of `from`, seen through `path`. */
export function expandSpecifier(
  tracer: Tracer,
  specifier: string,
  from: ts.Node,
  path: Path,
  step: Step,
): Expanded {
  const resolved = tracer.modules.resolve(specifier, from.getSourceFile().fileName);
  if (resolved.kind === 'external') {
    step.emit({ kind: 'external', specifier: resolved.specifier, path, node: from });
    return;
  }
  const source = tracer.sources.get(resolved.path);
  if (source) step.push(source.ast, path);
  else step.emit({ kind: 'unknown', node: from, path, reason: `\`${specifier}\` can't be read` });
}

/** What a module exports under the first name of `path`. */
export function expandModule(tracer: Tracer, node: ts.SourceFile, path: Path, step: Step): Expanded {
  const source = tracer.sources.of(node);
  const exports = exportsOf(source);
  for (const whole of exports.whole) step.push(whole, path);
  const [name, ...rest] = path;
  if (name === undefined) return;
  const targets = exports.named.get(name) ?? [];
  for (const target of targets) {
    if (target.kind === 'node') step.push(target.node, rest);
    else
      expandSpecifier(
        tracer,
        target.specifier,
        node,
        target.name === '*' ? rest : [target.name, ...rest],
        step,
      );
  }
  if (name === 'default' && targets.length === 0) {
    // What `import x from` gives for a CommonJS module: its exports.
    for (const whole of exports.whole) step.push(whole, rest);
    if (exports.whole.length === 0 && source.index.commonJsExports.length > 0) step.push(node, rest);
  }
  if (targets.length > 0) return;
  for (const star of exports.stars) expandSpecifier(tracer, star, node, path, step);
  if (exports.whole.length === 0 && exports.stars.length === 0 && name !== 'default') {
    step.emit({ kind: 'unknown', node, path, reason: `this module exports no \`${name}\`` });
  }
}
