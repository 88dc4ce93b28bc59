/** Files that a tool wrote: they are built again, not migrated. */

const BUNDLE =
  /\b__commonJS\s*=|\b__webpack_require__\b|\b__toESM\s*=|\/\/ node_modules\/[^\n]+\n|\bparcelRequire\b/;
const COMPILED = /^\/\/[#@] sourceMappingURL=/m;
const MARKED = /^\s*(?:\/\/|\/\*|\*)[^\n]*(?:@generated|DO NOT EDIT|auto-?generated)/im;

export function isGenerated(text: string): boolean {
  return BUNDLE.test(text) || COMPILED.test(text.slice(-2000)) || MARKED.test(text.slice(0, 2000));
}
