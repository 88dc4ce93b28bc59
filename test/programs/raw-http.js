// No SDK at all: fetch against a base URL, the beta header by hand.
const BASE_URL = process.env.OPENAI_BASE_URL || 'https://api.openai.com/v1';

const headers = {
  'Content-Type': 'application/json',
  Authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
  'OpenAI-Beta': 'assistants=v2',
};

async function request(path, { method = 'GET', body } = {}) {
  const response = await fetch(`${BASE_URL}${path}`, {
    method,
    headers,
    body: body ? JSON.stringify(body) : undefined,
  });
  const json = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${json.error.message}`);
  return json;
}

export async function ask(assistantId, userInput, threadId) {
  if (!threadId) {
    const thread = await request('/threads', { method: 'POST', body: {} });
    threadId = thread.id;
  }
  await request(`/threads/${threadId}/messages`, {
    method: 'POST',
    body: { role: 'user', content: userInput },
  });
  const run = await request(`/threads/${threadId}/runs`, {
    method: 'POST',
    body: { assistant_id: assistantId },
  });

  let status = run.status;
  while (status !== 'completed' && status !== 'failed') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    status = (await request(`/threads/${threadId}/runs/${run.id}`)).status;
  }
  if (status === 'failed') return { threadId, text: null };

  const messages = await request(`/threads/${threadId}/messages`);
  return { threadId, text: messages.data[0].content[0].text.value };
}
