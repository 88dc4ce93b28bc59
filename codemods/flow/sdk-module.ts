/** Which import specifiers mean the SDK. */

const SDK =
  /^(?:npm:|jsr:@openai\/)?openai(?:@[^/]*)?(?:\/(?:index|client|azure|mod)(?:\.[mc]?[jt]s)?)?$|^https?:\/\/(?:deno\.land\/x\/openai(?:@[^/]*)?\/mod\.ts|(?:esm\.sh|cdn\.skypack\.dev|esm\.run|unpkg\.com|cdn\.jsdelivr\.net\/npm|jspm\.dev)\/(?:v\d+\/)?openai(?:@[^/?]*)?(?:[/?].*)?)$/;

/** Import specifiers of the SDK's main module: bare, `npm:`, deno.land, esm.sh and the like. */
export function isSdkModule(specifier: string): boolean {
  return SDK.test(specifier);
}

/** `openai/resources/…`, `openai/lib/…`: types and helpers, not clients. */
export function isSdkSubmodule(specifier: string): boolean {
  return /^(?:npm:)?openai(?:@[^/]*)?\/(?:resources|lib|src|streaming|uploads|error|core|shims|_shims|pagination)/.test(
    specifier,
  );
}
