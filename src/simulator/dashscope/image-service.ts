import { ApiError } from '../errors.ts';
import { type App, jsonBody } from '../exchange.ts';
import type { Base } from '../state.ts';
import { invalidParameter } from './surface.ts';

interface Task {
  task_id: string;
  submitted: number;
  count: number;
  fails: boolean;
  looks: number;
}

/** Times a task is looked at before it is done. */
const LOOKS = 2;

/**
 * The image service (§A.10, section D): a task that is submitted and polled, and the newer service that answers at
 * once. Pictures are URLs that lead nowhere. A prompt with the word `forbidden` fails.
 */
export function mountImageService(app: App, { makeId, clock }: Base): void {
  const tasks = new Map<string, Task>();
  const time = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  const picture = (id: string, at: number) => `https://images.simulator.test/${id}/${at}.png`;

  app.post('/api/v1/services/aigc/text2image/image-synthesis', (c) => {
    if (c.env.record.headers['x-dashscope-async'] !== 'enable') {
      throw new ApiError(403, 'current user api does not support synchronous calls.', {
        code: 'AccessDenied',
      });
    }
    const body = jsonBody(c);
    const { input, parameters = {} } = body as { input?: { prompt?: unknown }; parameters?: { n?: unknown } };
    if (typeof body.model !== 'string') throw invalidParameter('Model not exist.');
    if (typeof input?.prompt !== 'string' || input.prompt === '') {
      throw invalidParameter('Field required: input.prompt');
    }
    const count = parameters.n ?? 1;
    if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > 4) {
      throw invalidParameter('n must be between 1 and 4');
    }
    const task: Task = {
      task_id: makeId('request'),
      submitted: clock.now(),
      count: Number(count),
      fails: /\bforbidden\b/i.test(input.prompt),
      looks: 0,
    };
    tasks.set(task.task_id, task);
    return c.json({
      output: { task_id: task.task_id, task_status: 'PENDING' },
      request_id: c.get('requestId'),
    });
  });

  app.get('/api/v1/tasks/:id', (c) => {
    const task_id = c.req.param('id');
    const task = tasks.get(task_id);
    const request_id = c.get('requestId');
    // A task that is not known is no HTTP error.
    if (!task) return c.json({ request_id, output: { task_id, task_status: 'UNKNOWN' } });
    task.looks += 1;
    const times = { submit_time: time(task.submitted), scheduled_time: time(task.submitted) };
    if (task.looks < LOOKS)
      return c.json({ request_id, output: { task_id, task_status: 'RUNNING', ...times } });
    const done = { task_id, ...times, end_time: time(clock.now()) };
    const task_metrics = {
      TOTAL: task.count,
      SUCCEEDED: task.fails ? 0 : task.count,
      FAILED: task.fails ? task.count : 0,
    };
    if (task.fails) {
      const code = 'DataInspectionFailed';
      const message = 'Input data may contain inappropriate content.';
      return c.json({ request_id, output: { ...done, task_status: 'FAILED', code, message, task_metrics } });
    }
    const results = Array.from({ length: task.count }, (_, at) => ({ url: picture(task_id, at) }));
    return c.json({
      request_id,
      output: { ...done, task_status: 'SUCCEEDED', results, task_metrics },
      usage: { image_count: task.count },
    });
  });

  app.post('/api/v1/services/aigc/multimodal-generation/generation', (c) => {
    const body = jsonBody(c);
    const { input } = body as { input?: { messages?: { content?: { text?: unknown }[] }[] } };
    if (typeof body.model !== 'string') throw invalidParameter('Model not exist.');
    const text = input?.messages?.[0]?.content?.[0]?.text;
    if (typeof text !== 'string') throw invalidParameter('Field required: input.messages');
    if (/\bforbidden\b/i.test(text)) {
      throw new ApiError(400, 'Input data may contain inappropriate content.', {
        code: 'DataInspectionFailed',
      });
    }
    const request_id = c.get('requestId');
    const message = { role: 'assistant', content: [{ image: picture(request_id, 0) }] };
    return c.json({
      request_id,
      output: { choices: [{ finish_reason: 'stop', message }] },
      usage: { image_count: 1 },
    });
  });
}
