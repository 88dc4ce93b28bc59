/** Where MIGRATION.md, which comes with the package, says more about a finding. */
import type { FindingCode } from '../types.ts';

const GUIDE = 'node_modules/rethread/MIGRATION.md';

const ANCHORS: Partial<Record<FindingCode, string>> = {
  'assistant-ids': 'bring-your-assistants-along',
  'ambiguous-arguments': 'old-dialects-of-the-sdk',
  'sdk-speaks-v1': 'old-dialects-of-the-sdk',
  'assistants-v1': 'old-dialects-of-the-sdk',
  'stays-on-shim': 'going-native',
  'moved-with-tools': 'going-native',
  'unknown-method': 'old-dialects-of-the-sdk',
};

export function guideFor(code: FindingCode): string {
  return `${GUIDE}#${ANCHORS[code] ?? 'on-the-shim'}`;
}
