/** Which headers go from a caller to the upstream and back. */

/** Meant for one connection. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Say who the caller is to the gateway, and are no business of the upstream's. */
const CALLERS_OWN = [
  ...HOP_BY_HOP,
  'authorization',
  'api-key',
  'cookie',
  'expect',
  'forwarded',
  'from',
  'host',
  'origin',
  'referer',
  'true-client-ip',
  'via',
  'x-real-ip',
];
const CALLERS_OWN_KINDS = /^(x-forwarded-|sec-|cf-connecting-|access-control-)/;

/** Say which part of an account a key is used for, so they belong to whoever owns the key. */
const SCOPE = ['openai-organization', 'openai-project', 'x-dashscope-workspace'];

/** Are about the upstream's own host, or let web pages of others in. */
const UPSTREAMS_OWN = [...HOP_BY_HOP, 'alt-svc', 'set-cookie', 'strict-transport-security'];

export const scopeHeaders = (headers: Headers) => SCOPE.map((name) => headers.get(name) ?? '');

/**
 * Headers of a request as they go on, without credentials: those are the gateway's to set.
 * @param ownKey the caller's own key goes upstream
 */
export function forwarded(headers: Headers, ownKey: boolean): [string, string][] {
  const left = new Set([...CALLERS_OWN, ...named(headers), ...(ownKey ? [] : SCOPE)]);
  const kept = [...headers].filter(([name]) => !left.has(name) && !CALLERS_OWN_KINDS.test(name));
  // The upstream has no Assistants API any more, and need not know that its caller still speaks it (§0.2).
  return kept.filter(([name, value]) => name !== 'openai-beta' || !/\bassistants=/.test(value));
}

/** Headers of an answer as they come back. */
export function returned(headers: Headers): [string, string][] {
  const left = new Set([...UPSTREAMS_OWN, ...named(headers)]);
  // A body that was compressed has been decoded on its way in.
  if (headers.has('content-encoding'))
    for (const name of ['content-encoding', 'content-length']) left.add(name);
  return [...headers].filter(([name]) => !left.has(name) && !name.startsWith('access-control-'));
}

/** `Connection: x-other` makes other headers meant for one connection, too. */
function named(headers: Headers): string[] {
  return (headers.get('connection') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== 'content-length');
}
