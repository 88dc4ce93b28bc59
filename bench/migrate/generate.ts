/** Writes a repository of the size of a company's, most of it code that has nothing to do with Assistants. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PER_FOLDER = 50;

/**
 * `files` TypeScript modules below `directory`, one in a hundred with calls of the Assistants API, of four shapes in turn:
 * a shared client, a client of the file's own, a client as a parameter, raw HTTP. All of them type-check.
 */
export function generateRepository(directory: string, files: number): void {
  const folders = Math.ceil(files / PER_FOLDER);
  write(`${directory}/package.json`, JSON.stringify({ name: 'large', dependencies: { openai: '^6.0.0' } }));
  write(
    `${directory}/tsconfig.json`,
    JSON.stringify({
      compilerOptions: {
        strict: true,
        target: 'ES2023',
        module: 'ESNext',
        moduleResolution: 'bundler',
        allowImportingTsExtensions: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
      },
      include: ['src'],
    }),
  );
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), `${directory}/node_modules`);
  write(
    `${directory}/src/client.ts`,
    "import OpenAI from 'openai';\n\nexport const openai = new OpenAI({ maxRetries: 3 });\n",
  );
  for (let folder = 0; folder < folders; folder += 1) {
    for (let at = 0; at < PER_FOLDER && folder * PER_FOLDER + at < files - 1; at += 1) {
      const number = folder * PER_FOLDER + at;
      const text = number % 100 === 7 ? withCalls(number) : plain(number, at);
      write(`${directory}/src/area${folder}/module${at}.ts`, text);
    }
  }
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** About seventy lines of the kind that most files consist of, with an import of the file before it. */
function plain(number: number, at: number): string {
  const earlier =
    at > 0 && (number - 1) % 100 !== 7 ? `import { total${number - 1} } from './module${at - 1}.ts';\n` : '';
  const use = earlier ? `total${number - 1}([])` : '0';
  const parts = Array.from(
    { length: 4 },
    (_, part) => `
/** What the ${part}. list of this area holds. */
export interface Entry${number}x${part} {
  id: string;
  label: string;
  amount: number;
  tags: readonly string[];
  created: Date;
  parent?: Entry${number}x${part};
}

export function select${number}x${part}(entries: readonly Entry${number}x${part}[], tag: string): Entry${number}x${part}[] {
  const chosen = entries.filter((entry) => entry.tags.includes(tag) && entry.amount > ${part});
  return chosen.toSorted((left, right) => left.created.getTime() - right.created.getTime());
}
`,
  );
  return `${earlier}${parts.join('')}
export function total${number}(entries: readonly Entry${number}x0[]): number {
  return entries.reduce((sum, { amount }) => sum + amount, ${use});
}
`;
}

function withCalls(number: number): string {
  const rest = plain(number, 0);
  switch (Math.floor(number / 100) % 4) {
    case 0:
      return `import { openai } from '../client.ts';
${rest}
export async function ask${number}(question: string) {
  const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: question }] });
  return openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: 'a' });
}
`;
    case 1:
      return `import OpenAI from 'openai';
${rest}
export async function list${number}(thread: string) {
  const client = new OpenAI();
  const messages = await client.beta.threads.messages.list(thread);
  return messages.data;
}
`;
    case 2:
      return `import type OpenAI from 'openai';
import { openai } from '../client.ts';
${rest}
async function cancel${number}(client: OpenAI, thread_id: string, run: string) {
  await client.beta.threads.runs.cancel(run, { thread_id });
}

export const stop${number} = (thread: string, run: string) => cancel${number}(openai, thread, run);
`;
    default:
      return `${rest}
export async function make${number}(key: string) {
  const answer = await fetch('https://api.openai.com/v1/threads', {
    method: 'POST',
    headers: { Authorization: \`Bearer \${key}\`, 'OpenAI-Beta': 'assistants=v2' },
  });
  return answer.json();
}
`;
  }
}
