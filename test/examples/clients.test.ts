/** Clients that know nothing of rethread but a base URL: Python's standard library, and curl as README.md has it. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { callFunctions, say, turn } from '../../src/simulator/index.ts';
import { page } from '../docs/pages.ts';
import { gateway } from './gateway.ts';

const run = promisify(execFile);

function has(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const PYTHON = has('python3');
const CURL = has('curl');
const PROGRAM = new URL('../../examples/python/assistants.py', import.meta.url).pathname;
const python = (url: string, key: string) =>
  run('python3', [PROGRAM], { env: { ...process.env, OPENAI_BASE_URL: url, OPENAI_API_KEY: key } });

test.skipIf(!PYTHON)('Python: a streamed run with a function, and a create that is sent twice', async () => {
  const { simulator, url } = await gateway();
  simulator.script(
    turn(callFunctions({ name: 'check_bike', arguments: { bike: 7 } })),
    turn(say('Bike 7 is free.')),
  );
  const { stdout } = await python(url, 'sk-caller');
  expect(stdout.split('\n')).toEqual([
    'same thread: True',
    'calls: check_bike {"bike":7}',
    'Bike 7 is free.',
    'run: completed',
    "messages: ['user', 'assistant']",
    '',
  ]);
  const outputs = JSON.stringify(simulator.responsesRequests.at(-1)?.body);
  expect(outputs).toContain(JSON.stringify('{"free": true, "bike": 7}'));
});

test.skipIf(!PYTHON)('Python: what the API refuses arrives in its words (§2.9 no. 27)', async () => {
  const { url } = await gateway();
  await expect(python(url, 'sk-nobody-knows-this')).rejects.toMatchObject({
    stderr: expect.stringMatching(/^401 Incorrect API key provided: sk-/),
  });
});

test.skipIf(!CURL)('curl: the lines of README.md make an assistant and stream a run', async () => {
  const { simulator, url } = await gateway();
  simulator.script(turn(say('Hello from curl.')));
  const { text } = page('README.md');
  const [, block = ''] = /```sh\n(api\(\) \{[\s\S]*?)```/.exec(text) ?? [];
  const [define, create, stream] = [
    block.slice(0, block.indexOf('\n}\n') + 3),
    ...block.slice(block.indexOf('\n}\n') + 3).split('\n'),
  ] as [string, string, string];
  const shell = async (command: string) => {
    const script = `${define.replace('http://127.0.0.1:4010/v1', url)}\n${command}`;
    const { stdout } = await run('bash', ['-c', script], {
      env: { ...process.env, OPENAI_API_KEY: 'sk-caller' },
    });
    return stdout;
  };
  const { id } = JSON.parse(await shell(create)) as { id: string };
  const told = await shell(stream.replace('asst_…', id));
  expect(told).toMatch(/^event: thread\.created\ndata: \{"id":"thread_/);
  expect(told).toContain('"value":"Hello from curl."');
  expect(told).toMatch(/event: thread\.run\.completed\n[\s\S]*event: done\ndata: \[DONE\]\n\n$/);
});
