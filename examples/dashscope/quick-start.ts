/** The four steps: an assistant, a thread, a message, a run. Start it with `npx tsx examples/dashscope/quick-start.ts`. */
import { openai } from './client.ts';

// 1. An assistant. It is made once; a program keeps its id.
const assistant = await openai.beta.assistants.create({
  model: 'qwen-max',
  name: 'guide',
  instructions: 'You show visitors around Hangzhou. Answer in one sentence.',
});

// 2. A thread, one for each conversation.
const thread = await openai.beta.threads.create();

// 3. What the user says.
await openai.beta.threads.messages.create(thread.id, {
  role: 'user',
  content: 'What should I see on a rainy day?',
});

// 4. A run, and the answer that it has added to the thread. Messages come newest first.
const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
if (run.status !== 'completed') throw new Error(`The run ended ${run.status}: ${run.last_error?.message}`);
const [answer] = (await openai.beta.threads.messages.list(thread.id)).data;
for (const part of answer?.content ?? []) if (part.type === 'text') console.log(part.text.value);
