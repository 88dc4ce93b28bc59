/** Tools beyond OpenAI's own that an upstream may have, under its own name for them (dashscope §D). */
import type { Profile } from '../upstream/profile.ts';

const NATIVE: ReadonlyMap<string, keyof Profile['tools']> = new Map([
  ['quark_search', 'web_search'],
  // Its name before (dashscope §A.10).
  ['search', 'web_search'],
  ['rag', 'file_search'],
]);

export const nativeType = (type: string) => NATIVE.get(type);
