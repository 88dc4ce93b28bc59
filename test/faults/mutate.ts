/** Requests that are almost valid: every route of §1.1 as a program would call it, and what goes wrong on the way. */
import { pick, type Random } from './jittery-store.ts';

/** A request before it is sent; a body is JSON still, or text (or bytes) that need not be. */
export interface Draft {
  method: string;
  path: string;
  query: string;
  headers: Record<string, string>;
  json?: unknown;
  raw?: string | Uint8Array<ArrayBuffer>;
}

/** What stands in the store, for requests to name. */
export interface Known {
  assistant: string;
  thread: string;
  message: string;
  run: string;
  step: string;
  /** A thread whose run waits for tool outputs. */
  waiting: { thread: string; run: string; call: string };
  file: string;
}

const FUNCTION = {
  type: 'function',
  function: { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } },
};
const IMAGE = { type: 'image_url', image_url: { url: 'https://example.com/cat.png', detail: 'low' } };
const FORMAT = {
  type: 'json_schema',
  json_schema: { name: 'answer', schema: { type: 'object', properties: { a: { type: 'string' } } } },
};
const SETTINGS = { temperature: 0.5, top_p: 1, metadata: { a: 'b' }, response_format: FORMAT };

/** One valid request for each operation of §1.1, and more for those that take much. */
export function validRequests(known: Known): [method: string, path: string, body?: unknown][] {
  const { assistant, thread, message, run, step, waiting, file } = known;
  const assistantBody = {
    model: 'gpt-4o',
    name: 'Math tutor',
    description: 'Helps',
    instructions: 'Be kind.',
    tools: [{ type: 'file_search', file_search: { max_num_results: 5 } }, FUNCTION],
    tool_resources: { file_search: { vector_stores: [{ file_ids: [file], metadata: { k: 'v' } }] } },
    ...SETTINGS,
  };
  const messageBody = {
    role: 'user',
    content: [{ type: 'text', text: 'What is this?' }, IMAGE],
    attachments: [{ file_id: file, tools: [{ type: 'file_search' }, { type: 'code_interpreter' }] }],
    metadata: { source: 'test' },
  };
  const runBody = {
    assistant_id: assistant,
    ...SETTINGS,
    tools: [FUNCTION],
    tool_choice: 'none',
    truncation_strategy: { type: 'last_messages', last_messages: 4 },
    max_completion_tokens: 500,
    max_prompt_tokens: 5000,
    parallel_tool_calls: false,
  };
  const more = { additional_instructions: 'More.', additional_messages: [{ role: 'user', content: 'Hi' }] };
  const inThread = `/threads/${thread}`;
  const outputs = { tool_outputs: [{ tool_call_id: waiting.call, output: 'seen' }] };
  const submit = `/threads/${waiting.thread}/runs/${waiting.run}/submit_tool_outputs`;
  return [
    ['GET', '/assistants'],
    ['POST', '/assistants', assistantBody],
    ['POST', '/assistants', { model: 'gpt-4o' }],
    ['GET', `/assistants/${assistant}`],
    ['POST', `/assistants/${assistant}`, { ...assistantBody, tool_resources: {} }],
    ['DELETE', `/assistants/${assistant}`],
    ['GET', '/threads'],
    ['POST', '/threads', { messages: [messageBody, { role: 'assistant', content: 'Yes?' }], metadata: {} }],
    ['GET', inThread],
    ['POST', inThread, { metadata: { a: 'b' }, tool_resources: { code_interpreter: { file_ids: [file] } } }],
    ['DELETE', inThread],
    ['GET', `${inThread}/messages`],
    ['POST', `${inThread}/messages`, messageBody],
    ['POST', `${inThread}/messages`, { role: 'user', content: 'Hello' }],
    ['GET', `${inThread}/messages/${message}`],
    ['POST', `${inThread}/messages/${message}`, { metadata: { a: 'b' } }],
    ['DELETE', `${inThread}/messages/${message}`],
    ['POST', '/threads/runs', { ...runBody, thread: { messages: [messageBody] } }],
    ['POST', '/threads/runs', { assistant_id: assistant, stream: true }],
    ['GET', `${inThread}/runs`],
    ['POST', `${inThread}/runs`, { ...runBody, ...more }],
    ['POST', `${inThread}/runs`, { assistant_id: assistant, stream: true }],
    ['POST', `/threads/${waiting.thread}/runs`, { assistant_id: assistant }],
    ['GET', `${inThread}/runs/${run}`],
    ['POST', `${inThread}/runs/${run}`, { metadata: { a: 'b' } }],
    ['POST', `${inThread}/runs/${run}/cancel`],
    ['POST', `/threads/${waiting.thread}/runs/${waiting.run}/cancel`],
    ['POST', submit, outputs],
    ['POST', submit, { ...outputs, stream: true }],
    ['GET', `${inThread}/runs/${run}/steps`],
    ['GET', `${inThread}/runs/${run}/steps/${step}`],
  ];
}

const deep = (depth: number) => {
  let value: unknown = [];
  for (let left = depth; left > 0; left--) value = left % 2 ? [value] : { a: value };
  return value;
};
const ODD: (() => unknown)[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    -0,
    1.5,
    2 ** 53,
    1e308,
    '',
    ' ',
    '\u0000',
    '\ud800',
    'a\udc00',
    '\u202e',
  ].map((value) => () => value),
  ...['x'.repeat(600), '👩‍👩‍👧'.repeat(100), 'NaN', 'null', '[object Object]', '__proto__'].map(
    (value) => () => value,
  ),
  ...['asst_none', 'thread_none', 'file-none', 'run_none', 'gpt-none', 'user', 'auto', 'text'].map(
    (value) => () => value,
  ),
  ...[[], {}, [[]], [null], [{}], { type: 'text' }, { type: 'function' }, { type: null }].map(
    (value) => () => value,
  ),
  () => Array.from({ length: 130 }, () => ({ type: 'code_interpreter' })),
  () => Object.fromEntries(Array.from({ length: 40 }, (_, place) => [`key${place}`, 'v'])),
  () => deep(60),
];
const HUGE: (() => unknown)[] = [() => 'é'.repeat(300_000), () => deep(800), () => new Array(20_000).fill(1)];
const KEYS = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    'toJSON',
    '',
    '\u0000',
    '\ud800',
  ],
  ...['role', 'id', 'object', 'stream', 'model', 'thread', 'tools', 'metadata', 'assistant_id', 'file_ids'],
];

type Holder = Record<string, unknown>;

/** Every place in a JSON value that can be written to, down to where a mutation before this one has gone too deep. */
function places(value: unknown, found: [Holder, string][] = [], depth = 20): [Holder, string][] {
  if (typeof value !== 'object' || value === null || depth === 0) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Holder, key]);
    places((value as Holder)[key], found, depth - 1);
  }
  return found;
}

/** As JSON.parse does it: `__proto__` becomes a key like any other. */
function put(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder.push(value);
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function mutateJson(random: Random, draft: Draft): void {
  const root: Holder = { body: structuredClone(draft.json ?? {}) };
  const odd = () => structuredClone(pick(random, random() < 0.02 ? HUGE : ODD)());
  for (let changes = 1 + Math.floor(random() * 2); changes > 0; changes--) {
    const [holder, key] = pick(random, places(root));
    const inner = holder[key];
    const way = random();
    if (way < 0.5) holder[key] = odd();
    else if (way < 0.65 && holder !== root) delete holder[key];
    else if (way < 0.9 && typeof inner === 'object' && inner !== null)
      put(inner as Holder, pick(random, KEYS), odd());
    else if (typeof inner === 'string')
      holder[key] = pick(random, [`${inner}\u0000`, inner.toUpperCase(), [inner], { value: inner }]);
    else holder[key] = [inner, inner];
  }
  draft.json = root['body'];
}

function mutateText(random: Random, draft: Draft): void {
  const text = JSON.stringify(draft.json ?? { metadata: {} });
  const at = Math.floor(random() * text.length);
  draft.raw = pick<() => string | Uint8Array<ArrayBuffer>>(random, [
    () => text.slice(0, at),
    () => text.slice(at),
    () => `\ufeff${text}`,
    () => `${text}${text}`,
    () => `${text.slice(0, at)}${pick(random, ['"', '{', '}', ',', '\\', '\u0000', 'NaN'])}${text.slice(at)}`,
    () => new Uint8Array([...new TextEncoder().encode(text.slice(0, at)), 0xff, 0xfe, 0xc3]),
    () => pick(random, ['', ' ', 'null', '[]', '""', '0', 'undefined', 'a=b&c=d', '<html>', '{"a":1,"a":2}']),
    () => '['.repeat(20_000),
    () => `{"metadata":${'['.repeat(8000)}${']'.repeat(8000)}}`,
    () => text.replace('{', '{"__proto__":{"polluted":true},'),
  ])();
}

const SEGMENTS = [
  ...[
    'undefined',
    'null',
    '[object%20Object]',
    '%',
    '%00',
    '%2e%2e',
    '..',
    '%ff',
    '%F0%9F%98%80',
    'thread_%2F',
    '',
  ],
  ...[
    'run_x',
    'thread_x',
    'asst_x',
    'msg_x',
    'step_x',
    'runs',
    'messages',
    'cancel',
    '__proto__',
    'constructor',
    ':id',
    '*',
    ' ',
  ],
  ...[`thread_${'x'.repeat(600)}`, 'thread_a:b', 'thread_a%0Ab', 'x'.repeat(8000)],
];

function mutatePath(random: Random, draft: Draft): void {
  const segments = draft.path.split('/');
  const at = 1 + Math.floor(random() * (segments.length - 1));
  const way = random();
  if (way < 0.6) segments[at] = pick(random, SEGMENTS);
  else if (way < 0.75) segments.splice(at, 1);
  else if (way < 0.9) segments.splice(at, 0, pick(random, SEGMENTS));
  else segments[at] = `${segments[at]}${pick(random, ['/', '%20', 'x', '%', '.json'])}`;
  draft.path = segments.join('/');
}

function mutateQuery(random: Random, draft: Draft): void {
  const names = [
    'limit',
    'order',
    'after',
    'before',
    'run_id',
    'include[]',
    'include',
    'limit[]',
    '__proto__',
    'x',
    '',
  ];
  const values = [
    ...[
      '0',
      '1',
      '101',
      '-1',
      '1.5',
      '1e2',
      'NaN',
      '',
      'asc',
      'desc',
      'ASC',
      '%',
      '%00',
      '%ff',
      '%ED%A0%80',
      'x'.repeat(700),
    ],
    ...['msg_none', 'run_none', 'thread_none', 'step_none', 'asst_none', '[object%20Object]', 'null'],
    'step_details.tool_calls[*].file_search.results[*].content',
  ];
  const pair = () => `${pick(random, names)}=${pick(random, values)}`;
  draft.query = `?${Array.from({ length: 1 + Math.floor(random() * 3) }, pair).join('&')}`;
}

function mutateHeaders(random: Random, draft: Draft): void {
  const name = pick(random, [
    'openai-beta',
    'content-type',
    'authorization',
    'last-event-id',
    'x-stainless-lang',
    'accept',
  ]);
  const values = [
    '',
    'assistants=v1',
    'assistants=v2',
    'v2',
    'x=y',
    'text/plain',
    'multipart/form-data',
    '\u00ff',
    'Bearer',
    '-1',
  ];
  if (random() < 0.3) delete draft.headers[name];
  else draft.headers[name] = pick(random, [...values, 'application/json; charset=utf-16', '9'.repeat(4000)]);
  if (random() < 0.3) draft.headers['x-stainless-poll-helper'] = 'true';
}

/** Methods that the platform's Request takes. */
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND', 'constructor'];

/** The request with one to three things about it changed. */
export function mutate(random: Random, [method, path, json]: [string, string, unknown?]): Draft {
  const draft: Draft = { method, path, query: '', headers: { 'openai-beta': 'assistants=v2' }, json };
  if (json !== undefined) draft.headers['content-type'] = 'application/json';
  const ways = [
    mutatePath,
    mutateQuery,
    mutateHeaders,
    ...(method === 'POST' ? [mutateJson, mutateJson, mutateJson, mutateText] : []),
  ];
  do {
    if (random() < 0.05) draft.method = pick(random, METHODS);
    pick(random, ways)(random, draft);
  } while (random() < 0.2);
  return draft;
}

/** The Request that goes over the wire. */
export function asRequest({ method, path, query, headers, json, raw }: Draft): Request {
  const bodiless = method === 'GET' || method === 'HEAD';
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
  return new Request(`http://rethread.test/v1${path}${query}`, {
    method,
    headers,
    ...(!bodiless && body !== undefined && { body }),
  });
}
