// A webhook that people write to faster than the assistant answers (SDK 6): an active run is looked for and cancelled
// before the next message goes in, and the error text is read where that was too late.
import OpenAI from 'openai6';

const openai = new OpenAI();
const ACTIVE = ['queued', 'in_progress', 'requires_action'];

async function waitForCancel(threadId: string, runId: string) {
  let run = await openai.beta.threads.runs.retrieve(runId, { thread_id: threadId });
  while (run.status === 'cancelling') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    run = await openai.beta.threads.runs.retrieve(runId, { thread_id: threadId });
  }
  return run.status;
}

/** What a newer message does: whatever is still running is given up. */
export async function cancelActiveRun(threadId: string) {
  const runs = await openai.beta.threads.runs.list(threadId, { limit: 1 });
  const active = runs.data.find((run) => ACTIVE.includes(run.status));
  if (!active) return null;
  await openai.beta.threads.runs.cancel(active.id, { thread_id: threadId });
  console.log(`cancelled: ${await waitForCancel(threadId, active.id)}`);
  return active.id;
}

export async function addMessage(threadId: string, content: string): Promise<void> {
  try {
    await openai.beta.threads.messages.create(threadId, { role: 'user', content });
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes("Can't add messages to thread") || message.includes('while a run')) {
      const runId = message.match(/run_[a-zA-Z0-9]+/)?.[0];
      console.log('thread is busy');
      if (runId) await openai.beta.threads.runs.cancel(runId, { thread_id: threadId });
      return addMessage(threadId, content);
    }
    throw error;
  }
}

export async function startRun(threadId: string, assistantId: string): Promise<string> {
  try {
    return (await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId })).id;
  } catch (error) {
    if (error instanceof OpenAI.BadRequestError && error.message.includes('already has an active run')) {
      console.log(`status ${error.status}: run not started`);
      return '';
    }
    throw error;
  }
}

export async function reply(threadId: string, runId: string): Promise<string> {
  const run = await openai.beta.threads.runs.poll(runId, { thread_id: threadId });
  if (run.status !== 'completed') return run.status;
  const messages = await openai.beta.threads.messages.list(threadId, { limit: 1 });
  const [part] = messages.data[0]?.content ?? [];
  return part?.type === 'text' ? part.text.value : '';
}
