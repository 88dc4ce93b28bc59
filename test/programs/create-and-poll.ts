// A tutor behind a small service class (SDK 7): the poll helpers, an override of instructions for a user, token limits.
import OpenAI from 'openai7';

const client = new OpenAI();

const lookups: Record<string, (word: string) => string> = {
  define: (word) => `${word}: a thing that was looked up`,
};

export class Tutor {
  private threadId: string | undefined;

  private readonly assistantId: string;

  constructor(assistantId: string) {
    this.assistantId = assistantId;
  }

  async ask(question: string, user: { name: string }): Promise<string> {
    if (!this.threadId) {
      const thread = await client.beta.threads.create({ metadata: { user: user.name } });
      this.threadId = thread.id;
    }
    await client.beta.threads.messages.create(this.threadId, { role: 'user', content: question });

    let run = await client.beta.threads.runs.createAndPoll(
      this.threadId,
      {
        assistant_id: this.assistantId,
        additional_instructions: `Address the student as ${user.name}.`,
        max_completion_tokens: 1000,
        truncation_strategy: { type: 'last_messages', last_messages: 10 },
      },
      { pollIntervalMs: 300 },
    );

    while (run.status === 'requires_action') {
      const toolCalls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
      run = await client.beta.threads.runs.submitToolOutputsAndPoll(run.id, {
        thread_id: this.threadId,
        tool_outputs: toolCalls.map((toolCall) => ({
          tool_call_id: toolCall.id,
          output:
            lookups[toolCall.function.name]?.(JSON.parse(toolCall.function.arguments).word) ?? 'unknown',
        })),
      });
    }

    switch (run.status) {
      case 'completed': {
        const messages = await client.beta.threads.messages.list(run.thread_id, { run_id: run.id });
        console.log(`${run.usage?.total_tokens} tokens`);
        return messages.data
          .flatMap((message) => message.content)
          .map((part) => (part.type === 'text' ? part.text.value : ''))
          .join('\n');
      }
      case 'incomplete':
        return `(cut short: ${run.incomplete_details?.reason})`;
      case 'failed':
        return `(failed: ${run.last_error?.code}: ${run.last_error?.message})`;
      default:
        return `(${run.status})`;
    }
  }
}
