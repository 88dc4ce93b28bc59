// The server of a chat widget: raw events of a streamed run, told apart by their names, are forwarded to a socket.
import OpenAI from 'openai4';

const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });

export async function answer(socket, assistantId, threadId, text) {
  if (!threadId) {
    const thread = await openai.beta.threads.create();
    threadId = thread.id;
    socket.emit('thread', threadId);
  }

  await openai.beta.threads.messages.create(threadId, { role: 'user', content: text });

  const stream = await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId, stream: true });

  for await (const event of stream) {
    switch (event.event) {
      case 'thread.run.created':
        socket.emit('typing', true);
        break;
      case 'thread.run.step.delta': {
        const call = event.data.delta.step_details?.tool_calls?.[0];
        if (call?.code_interpreter?.input) socket.emit('code', call.code_interpreter.input);
        break;
      }
      case 'thread.message.delta': {
        const delta = event.data.delta.content?.[0];
        if (delta && delta.type === 'text') socket.emit('chunk', delta.text.value);
        break;
      }
      case 'thread.message.completed': {
        socket.emit('message', event.data.content[0].text.value);
        break;
      }
      case 'thread.run.completed':
        socket.emit('typing', false);
        socket.emit('usage', event.data.usage.total_tokens);
        break;
      case 'thread.run.failed':
        socket.emit('typing', false);
        socket.emit('problem', event.data.last_error.message);
        break;
    }
  }
  return threadId;
}
