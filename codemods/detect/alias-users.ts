/** Files that are handed a resource of a client (`export const { runs } = openai.beta.threads`) and call it by that name. */
import type { Tracer } from '../flow/values.ts';
import type { Site } from './sites.ts';

/** Files that import a module in which a resource is kept, without the ones already looked at. */
export function filesWithAliases(
  tracer: Tracer,
  sites: readonly Site[],
  known: ReadonlySet<string>,
): string[] {
  const keepers = new Set(sites.filter((site) => !site.isCall).map((site) => site.source.path));
  const found = new Set<string>();
  for (const keeper of keepers) {
    const parts = keeper.replace(/\.[^./]+$/, '').split('/');
    const last = parts.pop() ?? '';
    const word = last === 'index' ? (parts.pop() ?? last) : last;
    tracer.want(word);
    for (const file of tracer.sources.mentioning(word)) {
      if (
        known.has(file.path) ||
        !/\b(?:create|retrieve|list|update|del|cancel|stream|poll|submitToolOutputs)/.test(file.text)
      )
        continue;
      const imports = file.index.specifiers.some((specifier) => {
        const resolved = tracer.modules.resolve(specifier, file.path);
        return resolved.kind === 'file' && resolved.path === keeper;
      });
      if (imports) found.add(file.path);
    }
  }
  return [...found];
}
