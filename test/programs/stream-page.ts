// The browser half: it reads the server's stream with the SDK's helper, runs the functions in the page, and sends what
// they give to another route.
import { AssistantStream } from 'openai4/lib/AssistantStream.mjs';
import type { AssistantStreamEvent } from 'openai4/resources/beta/assistants.mjs';
import type { RequiredActionFunctionToolCall } from 'openai4/resources/beta/threads/runs/runs.mjs';

type Fetch = (path: string, init: { method: 'POST'; body?: string }) => Promise<Response>;
type FunctionCallHandler = (call: RequiredActionFunctionToolCall) => Promise<string>;

const readStream = (response: Response) =>
  AssistantStream.fromReadableStream(
    response.body as unknown as Parameters<typeof AssistantStream.fromReadableStream>[0],
  );

export class ChatPage {
  messages: { role: 'user' | 'assistant' | 'code'; text: string }[] = [];
  inputDisabled = false;
  private threadId = '';
  private readonly fetch: Fetch;
  private readonly functionCallHandler: FunctionCallHandler;

  constructor(fetch: Fetch, functionCallHandler: FunctionCallHandler) {
    this.fetch = fetch;
    this.functionCallHandler = functionCallHandler;
  }

  async open() {
    const response = await this.fetch('/api/assistants/threads', { method: 'POST' });
    this.threadId = (await response.json()).threadId;
  }

  async sendMessage(text: string) {
    this.messages.push({ role: 'user', text });
    this.inputDisabled = true;
    const response = await this.fetch(`/api/assistants/threads/${this.threadId}/messages`, {
      method: 'POST',
      body: JSON.stringify({ content: text }),
    });
    await this.handleReadableStream(readStream(response));
  }

  private async submitActionResult(runId: string, toolCallOutputs: object[]) {
    const response = await this.fetch(`/api/assistants/threads/${this.threadId}/actions`, {
      method: 'POST',
      body: JSON.stringify({ runId, toolCallOutputs }),
    });
    await this.handleReadableStream(readStream(response));
  }

  private async handleReadableStream(stream: AssistantStream) {
    const followUps: Promise<void>[] = [];

    stream.on('textCreated', () => this.appendMessage('assistant', ''));
    stream.on('textDelta', (delta) => {
      if (delta.value != null) this.appendToLastMessage(delta.value);
    });
    stream.on('toolCallCreated', (toolCall) => {
      if (toolCall.type === 'code_interpreter') this.appendMessage('code', '');
    });
    stream.on('toolCallDelta', (delta) => {
      if (delta.type === 'code_interpreter' && delta.code_interpreter?.input) {
        this.appendToLastMessage(delta.code_interpreter.input);
      }
    });
    stream.on('event', (event) => {
      if (event.event === 'thread.run.requires_action') followUps.push(this.handleRequiresAction(event));
      if (event.event === 'thread.run.completed') this.inputDisabled = false;
    });

    await stream.done();
    await Promise.all(followUps);
  }

  private async handleRequiresAction(event: AssistantStreamEvent.ThreadRunRequiresAction) {
    const runId = event.data.id;
    const toolCalls = event.data.required_action?.submit_tool_outputs.tool_calls ?? [];
    const toolCallOutputs = await Promise.all(
      toolCalls.map(async (toolCall) => ({
        output: await this.functionCallHandler(toolCall),
        tool_call_id: toolCall.id,
      })),
    );
    await this.submitActionResult(runId, toolCallOutputs);
  }

  private appendMessage(role: 'assistant' | 'code', text: string) {
    this.messages.push({ role, text });
  }

  private appendToLastMessage(text: string) {
    const last = this.messages.at(-1);
    if (last) last.text += text;
  }
}
