// A Telegram bot with a to-do list. Thread ids are kept in a JSON file, so that chats go on after a restart; runs are
// awaited in a while loop which also answers function calls.
import fs from 'node:fs';
import OpenAI from 'openai4';

const THREADS_FILE = process.env.THREADS_FILE || './threads.json';

let openai;
let assistantId;

const load = () => (fs.existsSync(THREADS_FILE) ? JSON.parse(fs.readFileSync(THREADS_FILE, 'utf8')) : {});
const save = (threads) => fs.writeFileSync(THREADS_FILE, JSON.stringify(threads, null, 2));

const todos = [];
const tools = {
  add_todo: ({ text }) => {
    todos.push(text);
    return { ok: true, count: todos.length };
  },
  list_todos: () => todos,
};

export async function init() {
  openai = new OpenAI();
  const assistant = await openai.beta.assistants.create({
    name: 'Todo bot',
    instructions: 'You keep a to-do list. Use the functions.',
    model: 'gpt-4-turbo-preview',
    tools: [
      {
        type: 'function',
        function: {
          name: 'add_todo',
          description: 'Adds an entry to the list',
          parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
        },
      },
      { type: 'function', function: { name: 'list_todos', description: 'Gives the whole list' } },
    ],
  });
  assistantId = assistant.id;
}

export async function handleMessage(bot, msg) {
  const threads = load();
  let threadId = threads[msg.chat.id];
  if (threadId) {
    await openai.beta.threads.messages.create(threadId, { role: 'user', content: msg.text });
  } else {
    const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: msg.text }] });
    threadId = thread.id;
    threads[msg.chat.id] = threadId;
    save(threads);
  }

  let run = await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId });

  while (run.status === 'queued' || run.status === 'in_progress' || run.status === 'requires_action') {
    if (run.status === 'requires_action') {
      const calls = run.required_action.submit_tool_outputs.tool_calls;
      const toolOutputs = [];
      for (const call of calls) {
        const args = JSON.parse(call.function.arguments);
        console.log(`${call.function.name}(${call.function.arguments})`);
        toolOutputs.push({
          tool_call_id: call.id,
          output: JSON.stringify(tools[call.function.name](args)),
        });
      }
      run = await openai.beta.threads.runs.submitToolOutputs(threadId, run.id, { tool_outputs: toolOutputs });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    bot.sendChatAction(msg.chat.id, 'typing');
    run = await openai.beta.threads.runs.retrieve(threadId, run.id);
  }

  if (run.status !== 'completed') {
    return bot.sendMessage(msg.chat.id, `Sorry: ${run.last_error ? run.last_error.message : run.status}`);
  }

  const messages = await openai.beta.threads.messages.list(threadId);
  for (const message of messages.data
    .filter((m) => m.run_id === run.id && m.role === 'assistant')
    .reverse()) {
    for (const block of message.content) {
      if (block.type === 'text') bot.sendMessage(msg.chat.id, block.text.value);
    }
  }
}
