/** The one way in which rethread makes a Keyv. */
import type { Keyv, KeyvStoreAdapter } from 'keyv';

/**
 * Errors are thrown instead of swallowed; prefixes are ours, since Keyv's differ between `get` and `getMany` for
 * some keys; plain JSON, since Keyv's own serializer gives some strings another meaning (":base64:…").
 * @param Class handed in because it is loaded on demand
 */
export function newKeyv(Class: typeof Keyv, store: KeyvStoreAdapter): Keyv {
  return new Class({
    store,
    namespace: '',
    useKeyPrefix: false,
    throwOnErrors: true,
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  });
}
