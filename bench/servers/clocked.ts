/** A Responses API whose deltas say when they were sent: what a reader sees late is somebody's fault in between. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const DELTAS = Number(process.env.DELTAS ?? 25);
const PAUSE_MS = Number(process.env.PAUSE_MS ?? 200);
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const place = { item_id: item.id, output_index: 0, content_index: 0 };

const server = createServer((request, answer) => {
  request.resume().on('end', () => {
    const response = {
      id: 'resp_1',
      object: 'response',
      status: 'in_progress',
      model: 'gpt-4o',
      output: [] as unknown[],
    };
    let sequence_number = 0;
    let text = '';
    const send = (type: string, rest: object) =>
      answer.write(
        `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...rest })}\n\n`,
      );
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    send('response.created', { response });
    send('response.output_item.added', { output_index: 0, item });
    send('response.content_part.added', {
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    });
    let sent = 0;
    const timer = setInterval(() => {
      if (sent++ < DELTAS) {
        const delta = `[${performance.timeOrigin + performance.now()}]`;
        text += delta;
        send('response.output_text.delta', { ...place, delta });
        return;
      }
      clearInterval(timer);
      const part = { type: 'output_text', text, annotations: [] };
      const done = { ...item, status: 'completed', content: [part] };
      send('response.output_text.done', { ...place, text });
      send('response.content_part.done', { ...place, part });
      send('response.output_item.done', { output_index: 0, item: done });
      const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
      send('response.completed', { response: { ...response, status: 'completed', output: [done], usage } });
      answer.end('data: [DONE]\n\n');
    }, PAUSE_MS);
    answer.on('close', () => clearInterval(timer));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});

// Not left behind when the benchmark is broken off.
process.on('disconnect', () => process.exit());
