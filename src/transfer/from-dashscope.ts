/**
 * Objects as DashScope's Assistant API answered them, brought into the form of OpenAI's (docs/contracts/dashscope.md §A.3 to
 * §A.8): seconds for milliseconds, null for its many ways to say "unset", and its ids and tool calls as rethread keeps them.
 */

type Json = Record<string, unknown>;

/** In seconds that would be the year 5138. */
const MILLISECONDS = 100_000_000_000;

/** Nothing else tells the two APIs' objects apart for sure. */
export function isDashScope(json: object): boolean {
  const { created_at } = json as Json;
  return typeof created_at === 'number' && created_at >= MILLISECONDS;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `''`, `{}`, 0 and -1 stand where nothing is (§A.7, §A.8). */
const orNull = (value: unknown) =>
  value === '' || (isObject(value) && Object.keys(value).length === 0) ? null : (value ?? null);

const secondsOf = (ms: unknown) => (typeof ms === 'number' && ms > 0 ? Math.floor(ms / 1000) : null);

const messageId = (id: unknown) => (typeof id === 'string' ? id.replace(/^message_/, 'msg_') : id);

export function fromDashScope(given: object): object {
  const { request_id: _, ...json } = given as Json;
  const common = { ...json, ...timesOf(json), metadata: json['metadata'] ?? {} };
  switch (json['object']) {
    case 'assistant':
      return { ...common, ...assistantOf(json) };
    case 'thread.message':
      return messageOf(common);
    case 'thread.run':
      return { ...common, ...runOf(json) };
    case 'thread.run.step':
      return { ...common, ...stepOf(json) };
    default:
      return common;
  }
}

/** All members that are times. */
function timesOf(json: Json): Json {
  const times = Object.entries(json).filter(([name]) => name.endsWith('_at'));
  return Object.fromEntries(times.map(([name, value]) => [name, secondsOf(value)]));
}

/** What was said of the model's choice of words; OpenAI's objects have no place for all of it. */
function samplingOf(json: Json) {
  const { temperature = null, top_p = null, top_k = null, max_tokens = null } = json;
  return {
    shown: { temperature: temperature ?? 1, top_p: top_p ?? 1, top_k: undefined, max_tokens: undefined },
    own: { temperature, top_p, top_k, max_tokens },
  };
}

function assistantOf(json: Json): Json {
  const { shown, own } = samplingOf(json);
  const files = Array.isArray(json['file_ids']) ? json['file_ids'] : [];
  return {
    ...shown,
    name: orNull(json['name']),
    description: orNull(json['description']),
    instructions: orNull(json['instructions']),
    file_ids: undefined,
    dashscope: { ...own, files: files.map((id) => ({ id, added_at: secondsOf(json['created_at']) })) },
  };
}

function messageOf({ name: _n, plugin_call: _p, tool_calls: _t, status: _s, ...json }: Json): Json {
  const details = orNull(json['incomplete_details']);
  return {
    ...json,
    id: messageId(json['id']),
    assistant_id: orNull(json['assistant_id']),
    run_id: orNull(json['run_id']),
    incomplete_details: details,
    status: details ? 'incomplete' : 'completed',
    completed_at: details ? null : (json['completed_at'] ?? json['created_at']),
  };
}

function runOf(json: Json): Json {
  const { shown, own } = samplingOf(json);
  return {
    ...shown,
    file_ids: undefined,
    instructions: orNull(json['instructions']),
    required_action: orNull(json['required_action']),
    last_error: errorOf(json['last_error']),
    usage: usageOf(json['usage']),
    truncation_strategy: json['truncation_strategy'] ?? { type: 'auto', last_messages: null },
    dashscope: { ...own, truncation_strategy: json['truncation_strategy'] ?? null },
  };
}

function stepOf(json: Json): Json {
  return {
    last_error: errorOf(json['last_error']),
    usage: usageOf(json['usage']),
    step_details: detailsOf(json['step_details']),
  };
}

/** OpenAI's clients know three codes; what DashScope called it stands in the message. */
function errorOf(given: unknown): Json | null {
  if (typeof given === 'string') return given === '' ? null : { code: 'server_error', message: given };
  if (!isObject(given) || !given['message']) return null;
  return { code: 'server_error', message: [given['code'], given['message']].filter(Boolean).join(': ') };
}

function usageOf(given: unknown): Json | null {
  if (!isObject(given) || typeof given['total_tokens'] !== 'number') return null;
  const {
    input_tokens,
    prompt_tokens = input_tokens,
    output_tokens,
    completion_tokens = output_tokens,
  } = given;
  return {
    prompt_tokens: prompt_tokens ?? 0,
    completion_tokens: completion_tokens ?? 0,
    total_tokens: given['total_tokens'],
    prompt_token_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function detailsOf(given: unknown): unknown {
  if (!isObject(given)) return given;
  const { message_creation: creation, tool_calls: calls } = given;
  if (isObject(creation))
    return { ...given, message_creation: { ...creation, message_id: messageId(creation['message_id']) } };
  return Array.isArray(calls) ? { ...given, tool_calls: calls.map(callOf) } : given;
}

/** A tool that is not OpenAI's is kept as a function that is called as the tool is (§A.10). */
function callOf(given: unknown, index: number): unknown {
  if (!isObject(given)) return given;
  const type = String(given['type']);
  // Early answers had the parts of quark_search under another name (§A.9.2).
  const parts = [given[type], given['plugin_name']].find(isObject) ?? {};
  const id = given['id'] || `call_${index}`;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  if (type === 'code_interpreter') {
    const output = text(parts['output']);
    return {
      id,
      type,
      code_interpreter: {
        input: text(parts['input']) || codeIn(text(parts['arguments'])),
        outputs: output === '' ? [] : [{ type: 'logs', logs: output }],
      },
    };
  }
  if (type === 'file_search') return { id, type, file_search: { results: resultsIn(text(parts['output'])) } };
  const name = type === 'function' ? text(parts['name']) : type;
  const output = typeof parts['output'] === 'string' ? parts['output'] : null;
  return { id, type: 'function', function: { name, arguments: text(parts['arguments']), output } };
}

/** The arguments are an object with the code, or the code itself. */
function codeIn(text: string): string {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === 'string' ? code : text;
  } catch {
    return text;
  }
}

function resultsIn(text: string): unknown[] {
  try {
    const results: unknown = JSON.parse(text);
    return Array.isArray(results) ? results : [];
  } catch {
    return [];
  }
}
