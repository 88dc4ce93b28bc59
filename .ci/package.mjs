// Installs the package as its users would, from its tarball, and loads it both ways.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'rethread-package-'));
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], resolve('.')),
  );
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)]);

  const version = run(join(folder, 'node_modules/.bin/rethread'), ['--version']).trim();

  // What only some users need must not be loaded by everybody: importing has to work without it.
  for (const name of ['ts-morph', 'lmdb', 'openai', 'commander', 'pino', 'gpt-tokenizer', 'c12', 'p-queue']) {
    rmSync(join(folder, 'node_modules', name), { recursive: true });
  }
  const check =
    "if (typeof withAssistants !== 'function' || typeof createAssistants !== 'function') throw new Error('exports are missing');";
  run(process.execPath, ['-e', `const { withAssistants, createAssistants } = require('rethread'); ${check}`]);
  run(process.execPath, [
    '--input-type=module',
    '-e',
    `import { withAssistants, createAssistants } from 'rethread'; import 'rethread/simulator'; ${check}`,
  ]);
  console.log(`rethread ${version}: installed from its tarball, imported, required, started`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
