/**
 * `npm run demo`: a program of 2024 does its whole job on the Responses API, twice, with a restart in between.
 *
 * Without OPENAI_API_KEY rethread's simulator answers; with it (and OPENAI_BASE_URL, if set) the real thing does.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import color from 'picocolors';
import { createSimulator } from '../../src/simulator/index.ts';
import { type Fetch, startRecorder } from './recorder.ts';

const key = process.env['OPENAI_API_KEY'];
const baseURL = (process.env['OPENAI_BASE_URL'] || 'https://api.openai.com/v1').replace(/\/+$/, '');
const recorder = key
  ? await startRecorder(baseURL, fetch)
  : await startRecorder('http://simulator/v1', createSimulator().fetch as Fetch);
const home = await mkdtemp(path.join(tmpdir(), 'rethread-demo-'));

const print = (line = '') => console.log(line && `  ${line}`);
const heading = (text: string) => {
  print();
  print(color.bold(color.cyan(text)));
  print();
};

let atLineStart = true;

/** Starts the program in a process of its own, shows what it prints, and gives it back. */
async function startProgram(): Promise<{ code: number | null; output: string }> {
  const program = spawn(process.execPath, ['--import', 'tsx', 'legacy-program.ts'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      OPENAI_BASE_URL: recorder.url,
      OPENAI_API_KEY: key ?? 'sk-simulator',
      RETHREAD_STORE: `file:${path.join(home, 'store')}`,
      DESK_STATE: path.join(home, 'desk.json'),
    },
  });
  let output = '';
  for (const [stream, paint] of [
    [program.stdout, (text: string) => text.replace(/^Customer:.*$/gm, color.yellow)],
    [program.stderr, color.red],
  ] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process.stdout.write(
        paint(text).replaceAll(/^(?=.)/gm, (_, at) => (at > 0 || atLineStart ? '  ' : '')),
      );
      atLineStart = text.endsWith('\n');
    });
  }
  const code = await new Promise<number | null>((ended) => program.on('close', ended));
  return { code, output };
}

async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

print();
print(`${color.bold('rethread')}  a program written for the Assistants API, on the Responses API`);
print(color.dim(`openai 4 · upstream: ${key ? baseURL : 'simulator (no key, no network)'}`));
print();
print(color.dim('openai-client.ts, all that changed'));
print(color.green("+ import { withAssistants } from 'rethread';"));
print(color.red('- export const openai = new OpenAI();'));
print(color.green('+ export const openai = withAssistants(new OpenAI());'));

heading('1  legacy-program.ts, as it was written');
const first = await startProgram();

heading('2  The same program, started again: a new process');
const second = first.code === 0 ? await startProgram() : { code: null, output: '' };

heading('3  What the upstream was asked');
for (const [call, times] of recorder.calls) print(`${String(times).padStart(3)} × ${call}`);

heading('4  Where the thread lives');
const threadId = /New thread (thread_\w+)/.exec(first.output)?.[1];
const bytes = await sizeOf(path.join(home, 'store'));
print(`${threadId ?? 'no thread'} in ${path.join(home, 'store')} (lmdb, ${Math.ceil(bytes / 1024)} KB)`);
print(
  color.dim('In your program: .rethread/, or sqlite://, redis://, postgres://. The demo removes its own.'),
);

const strangers = [...recorder.calls.keys()].filter(
  (call) => !/ \/(responses|files|vector_stores)\b/.test(call),
);
const expected = key
  ? [/requires_action: check_bike\(/]
  : [
      /requires_action: check_bike\(\{"bike":7\}\)/,
      /until 16:00.*【4:0†handbook\.md】/,
      /Earlier you said: “I am Ada\./,
    ];
const checks: [string, boolean][] = [
  ['the program did its whole job', first.code === 0 && expected.every((line) => line.test(first.output))],
  ['started again, it found its thread', second.output.includes(`Old thread ${threadId}, `)],
  [
    'and went on with it',
    second.code === 0 && (key !== undefined || second.output.includes('Your name is Ada.')),
  ],
  [
    'no Assistants API was called, only Responses, files and vector stores',
    recorder.calls.size > 0 && strangers.length === 0,
  ],
];
print();
for (const [claim, holds] of checks) print(holds ? color.green(`✓ ${claim}`) : color.red(`✗ ${claim}`));
print();

await recorder.cleanUp({ authorization: `Bearer ${key ?? 'sk-simulator'}` });
recorder.close();
await rm(home, { recursive: true, force: true });
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1;
