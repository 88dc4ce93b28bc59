// A backend whose browser does the polling: one route starts the run, one tells its status, one gives the messages. No
// function ever sees the whole conversation.
import { createServer, type IncomingMessage } from 'node:http';
import OpenAI from 'openai4';

const openai = new OpenAI();

async function readJson(request: IncomingMessage) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body ? JSON.parse(body) : {};
}

export const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

  try {
    if (request.method === 'POST' && url.pathname === '/api/thread') {
      const thread = await openai.beta.threads.create();
      return send(200, { threadId: thread.id });
    }

    if (request.method === 'POST' && url.pathname === '/api/run') {
      const { threadId, assistantId, message } = await readJson(request);
      await openai.beta.threads.messages.create(threadId, { role: 'user', content: message });
      const run = await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId });
      return send(202, { runId: run.id, status: run.status });
    }

    if (request.method === 'GET' && url.pathname === '/api/run') {
      const threadId = url.searchParams.get('threadId') ?? '';
      const runId = url.searchParams.get('runId') ?? '';
      const run = await openai.beta.threads.runs.retrieve(threadId, runId);
      return send(200, { status: run.status });
    }

    if (request.method === 'GET' && url.pathname === '/api/messages') {
      const threadId = url.searchParams.get('threadId') ?? '';
      const messages = await openai.beta.threads.messages.list(threadId, { order: 'asc' });
      return send(
        200,
        messages.data.map((message) => ({
          role: message.role,
          text: message.content[0]?.type === 'text' ? message.content[0].text.value : '',
        })),
      );
    }

    send(404, { error: 'Not found' });
  } catch (error) {
    if (error instanceof OpenAI.APIError) return send(error.status ?? 500, { error: error.message });
    send(500, { error: 'Internal error' });
  }
});
