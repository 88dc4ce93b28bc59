// A starter: a chat in the console, everything in one function, the run awaited with do … while.
import type OpenAI from 'openai4';

export async function chat(openai: OpenAI, questions: string[], say: (line: string) => void) {
  const assistantId = (
    await openai.beta.assistants.create({
      model: 'gpt-3.5-turbo',
      name: 'Calculator for humans',
      instructions: 'You are a personal math tutor. Use add() for sums.',
      tools: [
        {
          type: 'function',
          function: {
            name: 'add',
            description: 'Adds two numbers',
            parameters: {
              type: 'object',
              properties: { a: { type: 'number' }, b: { type: 'number' } },
              required: ['a', 'b'],
            },
          },
        },
      ],
    })
  ).id;
  const threadId = (await openai.beta.threads.create()).id;

  for (const question of questions) {
    await openai.beta.threads.messages.create(threadId, { role: 'user', content: question });
    const runId = (await openai.beta.threads.runs.create(threadId, { assistant_id: assistantId })).id;

    let run: OpenAI.Beta.Threads.Run;
    do {
      await new Promise((resolve) => setTimeout(resolve, 20));
      run = await openai.beta.threads.runs.retrieve(threadId, runId);

      if (run.status === 'requires_action' && run.required_action?.type === 'submit_tool_outputs') {
        const outputs = run.required_action.submit_tool_outputs.tool_calls.map((toolCall) => {
          const { a, b } = JSON.parse(toolCall.function.arguments) as { a: number; b: number };
          say(`[${toolCall.function.name} ${a} ${b}]`);
          return { tool_call_id: toolCall.id, output: String(a + b) };
        });
        await openai.beta.threads.runs.submitToolOutputs(threadId, runId, { tool_outputs: outputs });
      }
      if (['failed', 'cancelled', 'expired'].includes(run.status)) throw new Error(`Run ${run.status}`);
    } while (run.status !== 'completed');

    const messages = await openai.beta.threads.messages.list(threadId, { limit: 1 });
    const content = messages.data[0]?.content[0];
    if (content?.type === 'text') say(content.text.value);
  }

  // The transcript, page by page
  const lines: string[] = [];
  for await (const message of openai.beta.threads.messages.list(threadId, { order: 'asc', limit: 2 })) {
    const part = message.content[0];
    lines.push(`${message.role}: ${part?.type === 'text' ? part.text.value : ''}`);
  }
  await openai.beta.threads.del(threadId);
  await openai.beta.assistants.del(assistantId);
  return lines;
}
