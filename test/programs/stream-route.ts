// The server half of a chat page, in the way of a Next.js app: the helper's stream goes to the browser as it is.
import { openai } from './openai-singleton.ts';

type Params = { params: { threadId: string } };

// POST /api/assistants/threads
export async function createThread() {
  const thread = await openai.beta.threads.create();
  return Response.json({ threadId: thread.id });
}

// POST /api/assistants/threads/:threadId/messages
export async function sendMessage(request: Request, { params: { threadId } }: Params) {
  const { content } = await request.json();

  await openai.beta.threads.messages.create(threadId, { role: 'user', content });

  const stream = openai.beta.threads.runs.stream(threadId, { assistant_id: process.env.ASSISTANT_ID ?? '' });
  return new Response(stream.toReadableStream() as unknown as BodyInit);
}

// POST /api/assistants/threads/:threadId/actions
export async function submitAction(request: Request, { params: { threadId } }: Params) {
  const { toolCallOutputs, runId } = await request.json();

  const stream = openai.beta.threads.runs.submitToolOutputsStream(threadId, runId, {
    tool_outputs: toolCallOutputs,
  });
  return new Response(stream.toReadableStream() as unknown as BodyInit);
}
