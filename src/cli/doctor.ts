/** `rethread doctor`: which parts of the Responses API a provider has. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { type Examination, ExaminationError, examine } from '../doctor/examine.ts';
import { Exit, type Io } from './io.ts';

interface Flags {
  upstream?: string;
  apiKey?: string;
  model: string;
  json?: boolean;
  writeProfile?: string;
}

const HELP = `
Asks the provider for each part once: about twenty short requests, which may cost a little. What they make is deleted.
The profile that --write-profile writes is what the option profile takes: in rethread.config, or rethread serve --profile FILE.

Examples:
  $ rethread doctor --upstream https://api.example.com/v1 --model some-model
  $ rethread doctor --upstream https://api.example.com/v1 --write-profile profile.json

Exit codes: 0 examined, 1 the provider cannot be asked, 2 wrong usage.`;

const BACKGROUND = `
background: a run whose process dies goes on with the model call it had begun, if the option background is true
(RETHREAD_BACKGROUND=true, rethread serve --background).
`;

export function doctorCommand(io: Io): Command {
  return new Command('doctor')
    .description('Finds out which parts of the Responses API a provider has.')
    .option('--upstream <url>', 'base URL of its Responses API')
    .addOption(new Option('--api-key <key>', 'better set in the environment').env('OPENAI_API_KEY'))
    .option('--model <model>', 'a model of the provider', 'gpt-4.1-mini')
    .option('--json', 'print findings and profile as JSON')
    .option('--write-profile <file>', 'write the profile')
    .addHelpText('after', HELP)
    .action((flags: Flags) => run(flags, io));
}

async function run({ upstream, apiKey, model, json, writeProfile }: Flags, io: Io): Promise<void> {
  if (!upstream) throw new Exit(2, '--upstream is missing: the base URL of the Responses API');
  if (!URL.canParse(upstream) || !/^https?:/.test(upstream))
    throw new Exit(2, `--upstream: expected an http(s) URL, got '${upstream}'`);
  const found = await examine({ baseURL: upstream.replace(/\/+$/, ''), apiKey, model }).catch(
    (error: unknown) => {
      throw error instanceof ExaminationError ? new Exit(1, error.message) : error;
    },
  );
  if (writeProfile !== undefined)
    writeFileSync(path.resolve(io.cwd, writeProfile), `${JSON.stringify(found.profile, null, 2)}\n`);
  io.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : table(found));
}

function table({ upstream, model, findings }: Examination): string {
  const widest = Math.max(...findings.map(({ feature }) => feature.length));
  const rows = findings.map(
    ({ feature, has, reason }) => `${feature.padEnd(widest)}  ${has ? 'yes' : `no   ${reason ?? ''}`}`,
  );
  const advice = findings.some(({ feature, has }) => feature === 'background' && has) ? BACKGROUND : '';
  return `${upstream}, ${model}\n\n${rows.join('\n')}\n${advice}`;
}
