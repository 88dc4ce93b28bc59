/** Functions of your own: the run stops, the program answers, the stream goes on, until the model wants nothing more. */
import type OpenAI from 'openai';
import { openai } from './client.ts';

const functions: Record<string, (args: { left: number; right: number }) => number> = {
  big_add: ({ left, right }) => left + right,
  big_multiply: ({ left, right }) => left * right,
};

const declare = (name: string, description: string): OpenAI.Beta.AssistantTool => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: {
      type: 'object',
      properties: { left: { type: 'number' }, right: { type: 'number' } },
      required: ['left', 'right'],
    },
  },
});

const assistant = await openai.beta.assistants.create({
  model: 'qwen-max',
  name: 'calculating clerk',
  instructions: 'Use the functions for every sum and product.',
  tools: [declare('big_add', 'Adds two numbers.'), declare('big_multiply', 'Multiplies two numbers.')],
});
const thread = await openai.beta.threads.create({
  messages: [{ role: 'user', content: 'Add 87787 to 788988737, and multiply the sum by two.' }],
});

/** Prints the text of a stream, and gives the run as the stream left it. */
async function follow(stream: ReturnType<typeof openai.beta.threads.runs.stream>) {
  stream.on('textDelta', ({ value }) => process.stdout.write(value ?? ''));
  return stream.finalRun();
}

let run = await follow(openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id }));
while (run.status === 'requires_action') {
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
  const tool_outputs = calls.map(({ id, function: { name, arguments: args } }) => {
    const output = String(functions[name]?.(JSON.parse(args)) ?? `There is no function ${name}.`);
    console.log(`${name}(${args}) = ${output}`);
    return { tool_call_id: id, output };
  });
  // All outputs of a run go in one request.
  run = await follow(
    openai.beta.threads.runs.submitToolOutputsStream(run.id, { thread_id: thread.id, tool_outputs }),
  );
}
console.log(`\n${run.status}`);
