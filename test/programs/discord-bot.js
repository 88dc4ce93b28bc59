// A Discord bot that hands every conversation to one assistant. One OpenAI thread per Discord thread, kept in memory;
// the run is awaited by a function that calls itself.
import OpenAI from 'openai4';

const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const threadMap = {};

const terminalStates = ['cancelled', 'failed', 'completed', 'expired'];

const statusCheckLoop = async (threadId, runId) => {
  const run = await openai.beta.threads.runs.retrieve(threadId, runId);
  if (terminalStates.indexOf(run.status) < 0) {
    await sleep(50);
    return statusCheckLoop(threadId, runId);
  }
  return run.status;
};

const addMessage = (threadId, content) =>
  openai.beta.threads.messages.create(threadId, { role: 'user', content });

export function start(client) {
  client.once('ready', () => console.log('Bot is online!'));

  client.on('messageCreate', async (message) => {
    if (message.author.bot || !message.content || message.content === '') return;

    const discordThreadId = message.channel.id;
    let openAiThreadId = threadMap[discordThreadId];

    if (!openAiThreadId) {
      const thread = await openai.beta.threads.create();
      openAiThreadId = thread.id;
      threadMap[discordThreadId] = openAiThreadId;
    }

    await addMessage(openAiThreadId, message.content);

    const run = await openai.beta.threads.runs.create(openAiThreadId, {
      assistant_id: process.env.ASSISTANT_ID,
    });
    const status = await statusCheckLoop(openAiThreadId, run.id);
    if (status !== 'completed') return message.reply(`Something went wrong (${status}).`);

    const messages = await openai.beta.threads.messages.list(openAiThreadId);
    let response = messages.data[0].content[0].text.value;
    // Discord's limit
    response = response.substring(0, 1999);

    console.log(response);
    message.reply(response);
  });
}
