#!/usr/bin/env node
/** The `rethread` command. */
import { INTERRUPTED } from './io.ts';
import { main } from './main.ts';

// A reader that has seen enough, e.g. `head`, closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
const code = await main(process.argv.slice(2));
// Interrupted: a reader that takes no more, or takes its time, is not waited for.
if (code === INTERRUPTED) process.exit(code);
process.exitCode = code;
