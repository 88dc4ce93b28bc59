// A rental desk that answers customers: the handbook is searched, the stock is asked by a function.
// The first start sets everything up; later ones find assistant and thread in desk.json and go on.
import fs from 'node:fs';
import { openai } from './openai-client.js';

const STATE = process.env.DESK_STATE || './desk.json';
const HANDBOOK = new URL('./handbook.md', import.meta.url);

const stock: Record<number, { free: boolean; price: string }> = {
  3: { free: false, price: '10 €' },
  7: { free: true, price: '12 €' },
};

const functions: Record<string, (args: { bike: number }) => unknown> = {
  check_bike: ({ bike }) => ({ bike, ...(stock[bike] || { free: false }) }),
};

async function setUp() {
  const file = await openai.files.create({ file: fs.createReadStream(HANDBOOK), purpose: 'assistants' });
  const assistant = await openai.beta.assistants.create({
    name: 'Rental desk',
    model: 'gpt-4o',
    instructions: 'You are the desk of a bike rental. Be brief. Cite the handbook for rules.',
    tools: [
      { type: 'file_search' },
      {
        type: 'function',
        function: {
          name: 'check_bike',
          description: 'Tells whether a bike is free, and its price for a day',
          parameters: { type: 'object', properties: { bike: { type: 'integer' } }, required: ['bike'] },
        },
      },
    ],
  });
  const thread = await openai.beta.threads.create();
  const desk = { fileId: file.id, assistantId: assistant.id, threadId: thread.id };
  fs.writeFileSync(STATE, JSON.stringify(desk));
  return desk;
}

/** Runs the assistant and polls until it has answered. */
async function askAndPoll(threadId: string, assistantId: string, question: string) {
  console.log(`\nCustomer: ${question}`);
  await openai.beta.threads.messages.create(threadId, { role: 'user', content: question });
  let run = await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId });

  while (run.status !== 'completed') {
    if (run.status === 'requires_action' && run.required_action) {
      const tool_outputs = run.required_action.submit_tool_outputs.tool_calls.map((call) => {
        const result = functions[call.function.name]?.(JSON.parse(call.function.arguments));
        console.log(`  requires_action: ${call.function.name}(${call.function.arguments})`);
        return { tool_call_id: call.id, output: JSON.stringify(result) };
      });
      run = await openai.beta.threads.runs.submitToolOutputs(threadId, run.id, { tool_outputs });
    }
    if (['failed', 'cancelled', 'expired'].includes(run.status)) {
      throw new Error(run.last_error ? run.last_error.message : `Run ${run.status}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    run = await openai.beta.threads.runs.retrieve(threadId, run.id);
  }

  const messages = await openai.beta.threads.messages.list(threadId, { limit: 1 });
  const content = messages.data[0]?.content[0];
  if (content?.type === 'text') console.log(`Desk: ${content.text.value}`);
}

/** Runs the assistant and prints its answer while it comes. */
async function askAndStream(threadId: string, assistantId: string, question: string, fileId?: string) {
  console.log(`\nCustomer: ${question}`);
  await openai.beta.threads.messages.create(threadId, {
    role: 'user',
    content: question,
    attachments: fileId ? [{ file_id: fileId, tools: [{ type: 'file_search' }] }] : [],
  });
  const stream = openai.beta.threads.runs.stream(threadId, { assistant_id: assistantId });
  stream.on('textCreated', () => process.stdout.write('Desk: '));
  stream.on('textDelta', (delta) => process.stdout.write(delta.value || ''));
  stream.on('textDone', () => process.stdout.write('\n'));
  const run = await stream.finalRun();
  if (run.status !== 'completed') throw new Error(run.last_error?.message || `Run ${run.status}`);
}

async function main() {
  if (!fs.existsSync(STATE)) {
    const { fileId, assistantId, threadId } = await setUp();
    console.log(`New thread ${threadId}`);
    await askAndPoll(threadId, assistantId, 'I am Ada. Is bike 7 free, and what does it cost?');
    await askAndStream(threadId, assistantId, 'Until when can I return it on a Sunday?', fileId);
    await askAndStream(threadId, assistantId, 'Thanks. What did I ask you first?');
    return;
  }

  const { assistantId, threadId } = JSON.parse(fs.readFileSync(STATE, 'utf8'));
  const thread = await openai.beta.threads.retrieve(threadId);
  let count = 0;
  for await (const _message of openai.beta.threads.messages.list(thread.id)) count += 1;
  console.log(`Old thread ${thread.id}, ${count} messages`);
  await askAndStream(threadId, assistantId, 'I am back. Who am I?');
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
