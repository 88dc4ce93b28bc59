/**
 * How the unmodified Python SDK reads answers, as docs/contracts/dashscope.md §A.9.3 and §A.11 describe it: no more forgiving than
 * it, so that what it reads is safe to send. (The SDK itself cannot be installed where these tests run.)
 */

/** What Python raises. */
export class PythonError extends Error {}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Dict = Record<string, any>;

export interface Yielded {
  event: string | null;
  value: Dict;
}

function loads(text: string): Dict {
  try {
    return JSON.parse(text);
  } catch {
    throw new PythonError(`JSONDecodeError: ${text}`);
  }
}

/** A stream call: what its iterator yields, in order. */
export function readStream(status: number, contentType: string, text: string): Yielded[] {
  if (status !== 200) return [{ event: null, value: readError(status, text) }];
  if (!contentType.includes('text/event-stream')) return [{ event: null, value: loads(text) }];
  const yielded: Yielded[] = [];
  let event = '';
  let isError = false;
  let errorStatus = 400;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('event:error')) isError = true;
    else if (line.startsWith('status:')) errorStatus = Number(line.slice('status:'.length));
    else if (line.startsWith('event:')) event = line.slice('event:'.length);
    else if (line.startsWith('data:')) {
      const data = line.slice('data:'.length);
      if (isError) {
        const { code = null, message = null, request_id = null } = loads(data);
        yielded.push({ event: 'error', value: { status_code: errorStatus, code, message, request_id } });
        return yielded;
      }
      if (event === 'done') return yielded;
      if (data.trim() === '[DONE]')
        throw new PythonError("AttributeError: 'JSONDecodeError' object has no attribute 'message'");
      yielded.push({ event, value: objectOf(event, loads(data)) });
    }
  }
  return yielded;
}

/** Any body of an answer that is no 200 becomes an object; nothing is raised. */
export function readError(status: number, text: string): Dict {
  let body: Dict = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { message: text };
  }
  const { code = '', message = '', request_id = '' } = body;
  return { status_code: status, code, message, request_id };
}

/** A call without a stream. */
export function readJson(status: number, text: string): Dict {
  if (status !== 200) return readError(status, text);
  const body = loads(text);
  return objectOf(eventOf(body), body);
}

function eventOf({ object }: Dict): string {
  if (object === 'list') return 'list';
  return object === 'thread.run.step' ? 'thread.run.step.completed' : '';
}

/** What the SDK makes of an object; event names it does not know stay dicts. */
function objectOf(event: string, data: Dict): Dict {
  if (event === 'list')
    return { ...data, data: data['data'].map((one: Dict) => objectOf(eventOf(one), one)) };
  if (event === 'thread.message.delta') {
    const { content } = data['delta'];
    if (!Array.isArray(content)) throw new PythonError('TypeError: string indices must be integers');
    // The list is walked and its last element kept, so that `delta.content.text.value` can be read.
    return { ...data, delta: { ...data['delta'], content: content.at(-1) } };
  }
  if (event === 'thread.run.step.delta') checkCalls(data['delta'].step_details.tool_calls);
  else if (event.startsWith('thread.run.step.')) checkCalls(data['step_details'].tool_calls ?? []);
  else if (/^thread\.message\.\w+$/.test(event) && !Array.isArray(data['content']))
    throw new PythonError('TypeError: content is no list');
  return data;
}

function checkCalls(calls: Dict[]): void {
  for (const call of calls) {
    if (call['type'] === 'code_interpreter' && call['code_interpreter'].outputs?.length > 0)
      throw new PythonError('TypeError: Cannot instantiate typing.Union');
  }
}

/** What `repr()` of a code interpreter call asks for. */
export function repr(call: Dict): string {
  if (!('input' in call['code_interpreter'])) throw new PythonError("AttributeError: 'input'");
  return String(call['code_interpreter'].input);
}

type Get = (path: string) => Promise<{ status: number; text: string }>;
interface OfRun {
  thread_id: string;
  run_id: string;
}

/** `Steps` of the SDK: only one of its two readers works (§A.9.3). */
export const STEPS = {
  async get(_get: Get, _id: string, _run: OfRun): Promise<Dict> {
    throw new PythonError('TypeError: get() fails before it asks');
  },
  async retrieve(get: Get, id: string, { thread_id, run_id }: OfRun): Promise<Dict> {
    const { status, text } = await get(`/threads/${thread_id}/runs/${run_id}/steps/${id}`);
    return readJson(status, text);
  },
};
