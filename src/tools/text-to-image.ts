/** `text_to_image`: pictures from OpenAI's Images API or DashScope's image service, told as DashScope's task (dashscope §A.10, §D). */
import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { defineHostTool, type HostContext, type Tool } from './define.ts';
import type { ToolSettings } from './settings.ts';

type Settings = NonNullable<ToolSettings['text_to_image']>;

/** Making one takes tens of seconds. */
const TIMEOUT_MS = 180_000;

/** Milliseconds between two looks at a task: the first ones come soon. */
const LOOKS_MS = [250, 500, 1000, 2000];

// What the original called its arguments is unknown (dashscope §E 1).
const parameters = z.object({
  prompt: z.string().min(1).max(4000).describe('What the picture shows, in detail'),
  negative_prompt: z.string().max(1000).optional().describe('What it must not show'),
  style: z.string().max(100).optional().describe('Its style, e.g. "watercolour"'),
  size: z
    .string()
    .regex(/^\d{3,4}[*x]\d{3,4}$/)
    .optional()
    .describe('Width and height in pixels, e.g. "1024*1024"'),
  n: z.number().int().min(1).max(4).optional().describe('How many pictures; 1 by default'),
});
type Wanted = z.output<typeof parameters>;

interface Task {
  request_id: string;
  output: {
    task_id: string;
    task_status: string;
    submit_time?: string;
    scheduled_time?: string;
    end_time?: string;
    results?: { url?: string; file_id?: string; code?: string; message?: string }[];
    task_metrics?: { TOTAL: number; SUCCEEDED: number; FAILED: number };
    code?: string;
    message?: string;
  };
}

/** @param type `text_to_image`, or `wanx`, its name before */
export function textToImage(type: string, settings: Settings = {}): Tool {
  return defineHostTool({
    type,
    description:
      'Draws pictures after a description. Answers with the addresses of the pictures; show them to the user as Markdown images.',
    parameters,
    timeout: TIMEOUT_MS,
    // Who gives it settings says that there is a service; nothing is known of any other upstream's.
    serves: ({ name, tools }) =>
      Object.keys(settings).length > 0 || name === 'dashscope' || tools.image_generation,
    async execute(wanted, context): Promise<Task> {
      const { name } = context.upstream.profile;
      const service = settings.service ?? (name === 'dashscope' ? 'dashscope' : 'openai');
      return service === 'dashscope'
        ? byTask(wanted, settings, context)
        : byOpenAI(wanted, settings, context);
    },
  });
}

/** A key of its own takes the place of the caller's. */
const authorization = ({ apiKey }: Settings): Record<string, string> =>
  apiKey ? { authorization: `Bearer ${apiKey}` } : {};

/** Submits, and looks until it is over. */
async function byTask(
  { prompt, negative_prompt, style, size, n = 1 }: Wanted,
  settings: Settings,
  { upstream, signal }: HostContext,
): Promise<Task> {
  const home = settings.baseURL ?? upstream.baseURL.replace(/\/compatible-mode\/v1$/, '/api/v1');
  const base = home.replace(/\/+$/, '');
  const body = {
    model: settings.model ?? 'wan2.2-t2i-flash',
    input: { prompt: styled(prompt, style), ...(negative_prompt && { negative_prompt }) },
    parameters: { n, ...(size && { size: size.replace('x', '*') }) },
  };
  const headers = authorization(settings);
  const submitted = await upstream.json<Task>(
    'POST',
    `${base}/services/aigc/text2image/image-synthesis`,
    body,
    signal,
    { ...headers, 'x-dashscope-async': 'enable' },
  );
  const { task_id } = submitted.output;
  for (let look = 0; ; look++) {
    const path = `${base}/tasks/${encodeURIComponent(task_id)}`;
    const task = await upstream.json<Task>('GET', path, undefined, signal, headers);
    if (!['PENDING', 'RUNNING'].includes(task.output.task_status)) return task;
    await pause(LOOKS_MS[Math.min(look, LOOKS_MS.length - 1)] as number, signal);
  }
}

interface Generated {
  created?: number;
  data?: { b64_json?: string; url?: string }[];
}

/** One call, whose pictures come as bytes: they become files of the run. */
async function byOpenAI(
  { prompt, negative_prompt, style, size, n = 1 }: Wanted,
  settings: Settings,
  { upstream, signal, saveImage, callId }: HostContext,
): Promise<Task> {
  const submitted = new Date();
  const avoid = negative_prompt ? `\nDo not show: ${negative_prompt}` : '';
  const path = `${(settings.baseURL ?? upstream.baseURL).replace(/\/+$/, '')}/images/generations`;
  const body = {
    model: settings.model ?? 'gpt-image-1',
    prompt: styled(prompt, style) + avoid,
    n,
    size: openaiSize(size),
  };
  const { data = [] } = await upstream.json<Generated>('POST', path, body, signal, authorization(settings));
  const results = await Promise.all(
    data.map(async ({ b64_json, url }) => {
      if (!b64_json) return { url: url ?? '' };
      const saved = await saveImage(Buffer.from(b64_json, 'base64'), 'image/png');
      return { ...(saved.url !== null && { url: saved.url }), file_id: saved.file_id };
    }),
  );
  const [submit_time, end_time] = [submitted, new Date()].map((date) =>
    date.toISOString().replace('T', ' ').replace('Z', ''),
  ) as [string, string];
  return {
    request_id: callId,
    output: {
      task_id: callId,
      task_status: results.length > 0 ? 'SUCCEEDED' : 'FAILED',
      submit_time,
      scheduled_time: submit_time,
      end_time,
      results,
      task_metrics: { TOTAL: n, SUCCEEDED: results.length, FAILED: n - results.length },
    },
  };
}

const styled = (prompt: string, style: string | undefined) => (style ? `${prompt}\nStyle: ${style}` : prompt);

/** The sizes that OpenAI's model draws: the one of the same shape. */
function openaiSize(size: string | undefined): string {
  const [width, height] = (size ?? '1*1').split(/[*x]/).map(Number) as [number, number];
  if (width === height) return '1024x1024';
  return width > height ? '1536x1024' : '1024x1536';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
