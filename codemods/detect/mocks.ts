/** Tests that replace the SDK: `withAssistants` refuses what is no client, so they need one line more. */
import type { Texts } from '../source/texts.ts';

export interface Mock {
  file: string;
  offset: number;
  framework: 'jest' | 'vitest' | 'other';
}

const MOCK =
  /\b(jest|vi)\.(?:mock|doMock|unstable_mockModule|setMock)\(\s*['"]openai['"]|\bmock\.module\(\s*['"]openai['"]|\b(?:proxyquire|td\.replace\w*|rewiremock)\b[^\n]*['"]openai['"]/;

export function findMocks(texts: Texts): Mock[] {
  const found: Mock[] = [];
  for (const file of texts.mentioning('openai')) {
    const text = texts.get(file)?.text ?? '';
    const match = MOCK.exec(text);
    if (!match) continue;
    const framework = match[1] === 'jest' ? 'jest' : match[1] === 'vi' ? 'vitest' : 'other';
    found.push({ file, offset: match.index, framework });
  }
  return found;
}

/** What makes such a test pass: the wrapper hands back the mock. */
export function mockAdvice(framework: Mock['framework']): string {
  const factory = "('rethread', () => ({ withAssistants: (client) => client }));`";
  if (framework === 'jest')
    return `Add \`jest.mock${factory} beside it (it also spares Jest the loading of an ES module).`;
  if (framework === 'vitest') return `Add \`vi.mock${factory} beside it.`;
  return 'Replace `rethread` as well, by `{ withAssistants: (client) => client }`.';
}
