/** A run as it happens: what a tool is asked, what it answers, and the text piece by piece. */
import { builtIn, openai } from './client.ts';

const assistant = await openai.beta.assistants.create({
  model: 'qwen-plus',
  name: 'accountant',
  instructions: 'Leave every calculation to the calculator.',
  tools: [builtIn('calculator')],
});
const thread = await openai.beta.threads.create({
  messages: [{ role: 'user', content: 'What do 12313 crates of 13232 yuan each cost?' }],
});

const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
stream.on('toolCallDone', (call) => {
  if (call.type === 'function') console.log(`[${call.function.name}] ${call.function.arguments}`);
});
stream.on('runStepDone', ({ step_details: details }) => {
  if (details.type !== 'tool_calls') return;
  for (const call of details.tool_calls)
    if (call.type === 'function') console.log(`[${call.function.name}] ${call.function.output}`);
});
stream.on('textDelta', ({ value }) => process.stdout.write(value ?? ''));

const run = await stream.finalRun();
console.log(`\n${run.status}, ${run.usage?.total_tokens} tokens`);
