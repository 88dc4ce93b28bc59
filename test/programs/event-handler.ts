// Function calling while streaming: an EventEmitter gets every event, answers the calls, and reads the stream that the
// answer opens, which may ask for more.
import { EventEmitter } from 'node:events';
import OpenAI from 'openai4';

class EventHandler extends EventEmitter {
  readonly text: string[] = [];
  private readonly client: OpenAI;

  constructor(client: OpenAI) {
    super();
    this.client = client;
  }

  async onEvent(event: OpenAI.Beta.Assistants.AssistantStreamEvent) {
    console.log(event.event);
    if (event.event === 'thread.run.requires_action') {
      await this.handleRequiresAction(event.data, event.data.id, event.data.thread_id);
    }
  }

  async handleRequiresAction(data: OpenAI.Beta.Threads.Run, runId: string, threadId: string) {
    const toolOutputs = (data.required_action?.submit_tool_outputs.tool_calls ?? []).map((toolCall) => {
      if (toolCall.function.name === 'getCurrentTemperature') {
        return { tool_call_id: toolCall.id, output: '57' };
      }
      return { tool_call_id: toolCall.id, output: '0.06' };
    });
    await this.submitToolOutputs(toolOutputs, runId, threadId);
  }

  async submitToolOutputs(
    toolOutputs: { tool_call_id: string; output: string }[],
    runId: string,
    threadId: string,
  ) {
    const stream = this.client.beta.threads.runs.submitToolOutputsStream(threadId, runId, {
      tool_outputs: toolOutputs,
    });
    stream.on('textDelta', (delta) => this.text.push(delta.value ?? ''));
    for await (const event of stream) {
      await this.onEvent(event);
    }
  }
}

const client = new OpenAI();

const functionTool = (name: string, properties: Record<string, unknown>): OpenAI.Beta.AssistantTool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties, required: Object.keys(properties) } },
});

export async function main() {
  const assistant = await client.beta.assistants.create({
    model: 'gpt-4o',
    instructions: 'You are a weather bot. Use the provided functions to answer questions.',
    tools: [
      functionTool('getCurrentTemperature', { location: { type: 'string' }, unit: { type: 'string' } }),
      functionTool('getRainProbability', { location: { type: 'string' } }),
    ],
  });
  const thread = await client.beta.threads.create();
  await client.beta.threads.messages.create(thread.id, {
    role: 'user',
    content: "What's the weather in San Francisco today and the likelihood it'll rain?",
  });

  const eventHandler = new EventHandler(client);
  const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
  for await (const event of stream) {
    await eventHandler.onEvent(event);
  }
  return eventHandler.text.join('');
}
