/** §1.4: the five lists, their envelope, order, cursors and limits. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../received.ts';
import { op } from './operations.ts';
import {
  anAssistant,
  callWeather,
  newAssistant,
  newThread,
  outputsFor,
  settled,
  user,
  waitingRun,
} from './world.ts';

/** A list with at least three objects of its own, oldest first. */
interface Known {
  path: string;
  ids: string[];
  /** Others may add to it while it is looked at. */
  shared?: boolean;
}

const inOrder = (path: string) => async (t: Context) => {
  const list = (await t.get(path, { order: 'asc', limit: 100 })).ok();
  return { path, ids: list.items().map((item) => item.text('id')) };
};

const assistants = (t: Context): Promise<Known> =>
  t.once('list of assistants', async (own) => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(await newAssistant(own));
    return { path: '/assistants', ids, shared: true };
  });

const messages = (t: Context): Promise<Known> =>
  t.once('list of messages', async (own) => {
    const threadId = await newThread(own, { messages: ['one', 'two', 'three', 'four'].map(user) });
    return inOrder(`/threads/${threadId}/messages`)(own);
  });

const runs = (t: Context): Promise<Known> =>
  t.once('list of runs', async (own) => {
    const threadId = await newThread(own);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const additional_messages = [user(own.prompt([{ say: 'Yes.' }]))];
      const body = { assistant_id: await anAssistant(own), additional_messages };
      const run = (await own.post(`/threads/${threadId}/runs`, body)).ok();
      ids.push(run.text('id'));
      await settled(own, threadId, run.text('id'));
    }
    return { path: `/threads/${threadId}/runs`, ids };
  });

const steps = (t: Context): Promise<Known> =>
  t.once('list of steps', async (own) => {
    const { threadId, runId, calls } = await waitingRun(own, ['Paris'], callWeather('Rome'));
    const path = `/threads/${threadId}/runs/${runId}`;
    await own.post(`${path}/submit_tool_outputs`, outputsFor(calls));
    const second = await settled(own, threadId, runId);
    const call = second.text('required_action.submit_tool_outputs.tool_calls[0].id');
    await own.post(`${path}/submit_tool_outputs`, outputsFor([call]));
    (await settled(own, threadId, runId)).field('status', 'completed');
    return inOrder(`${path}/steps`)(own);
  });

const lists: {
  name: string;
  operation: string;
  known(t: Context): Promise<Known>;
  needs?: Check['needs'];
}[] = [
  { name: 'assistants', operation: op.listAssistants, known: assistants },
  { name: 'messages', operation: op.listMessages, known: messages },
  { name: 'runs', operation: op.listRuns, known: runs, needs: ['model'] },
  { name: 'steps', operation: op.listSteps, known: steps, needs: ['scripted', 'tools'] },
];

const idsOf = (list: Answer) => list.items().map((item) => item.text('id'));

/** Of a list that others add to, only what is known counts. */
const among = (ids: readonly string[], list: Answer) => idsOf(list).filter((id) => ids.includes(id));

/** How many pages of a list that others add to are looked through. */
const MOST_PAGES = 50;

/** The known objects of a list, oldest first; with the last page that was read. */
async function oldestFirst(t: Context, { path, ids }: Known) {
  const found: string[] = [];
  for (let page = 0; ; page++) {
    const list = (await t.get(path, { order: 'asc', limit: 100, after: found.at(-1) })).ok();
    found.push(...idsOf(list));
    const enough = list.get('has_more') !== true || ids.every((id) => found.includes(id));
    if (enough || page === MOST_PAGES) return { list, found: found.filter((id) => ids.includes(id)) };
  }
}

function same(list: Answer, received: unknown[], expected: unknown[]): void {
  if (received.join() !== expected.join()) list.fail('it lists others', expected, received);
}

function perList({ name, operation, known, needs = [] }: (typeof lists)[number]): Check[] {
  const own: Parameters<typeof group>[1] = [
    {
      id: `lists.${name}.desc`,
      title: `${operation} lists the newest first unless told otherwise.`,
      async run(t) {
        const { path, ids, shared } = await known(t);
        const list = (await t.get(path, { limit: 100 })).ok();
        const found = among(ids, list);
        same(list, found, [...ids].reverse().slice(0, found.length));
        list.holds(shared ? found.length > 0 : found.length === ids.length, 'all of them', found);
      },
    },
    {
      id: `lists.${name}.asc`,
      title: `${operation} lists the oldest first with order=asc.`,
      async run(t) {
        const expected = await known(t);
        const { list, found } = await oldestFirst(t, expected);
        same(list, found, expected.ids);
      },
    },
    {
      id: `lists.${name}.after`,
      title: `${operation} with after=<id> goes on strictly behind that id, in the order asked for.`,
      async run(t) {
        const { path, ids, shared } = await known(t);
        const [first = '', second = '', third = ''] = ids;
        const up = (await t.get(path, { order: 'asc', after: first, limit: 100 })).ok();
        same(up, among(ids, up), ids.slice(1));
        const down = (await t.get(path, { order: 'desc', after: third, limit: shared ? 100 : 2 })).ok();
        same(down, among(ids, down), [second, first]);
      },
    },
    {
      id: `lists.${name}.before`,
      evidence: ['SPEC', 'INF'],
      title: `${operation} with before=<id> gives what comes before that id in the order asked for.`,
      async run(t) {
        const { path, ids, shared } = await known(t);
        const [first = '', second = '', third = ''] = ids;
        const list = (await t.get(path, { order: 'desc', before: first, limit: shared ? 100 : 2 })).ok();
        same(list, among(ids, list).slice(-2), [third, second]);
      },
    },
    {
      id: `lists.${name}.window`,
      evidence: ['INF'],
      title: `${operation} with after and before gives what lies between.`,
      async run(t) {
        const { path, ids } = await known(t);
        const list = (await t.get(path, { order: 'asc', after: ids[0], before: ids[2] })).ok();
        same(list, among(ids, list), [ids[1]]);
      },
    },
    {
      id: `lists.${name}.limit`,
      title: `${operation} gives no more than limit, and says that there is more.`,
      async run(t) {
        const { path } = await known(t);
        const list = (await t.get(path, { limit: 2 })).ok().field('has_more', true);
        list.holds(list.items().length === 2, 'two objects', list.items().length);
      },
    },
    {
      id: `lists.${name}.last-page`,
      title: `${operation} says has_more: false on its last page.`,
      async run(t) {
        const { path, ids } = await known(t);
        const list = (await t.get(path, { order: 'asc', after: ids[1], limit: 100 })).ok();
        list.field('has_more', false);
      },
    },
    {
      id: `lists.${name}.envelope`,
      title: `${operation} answers object "list" with first_id and last_id of what it gives.`,
      async run(t) {
        const { path } = await known(t);
        const list = (await t.get(path, { limit: 2 })).ok().field('object', 'list');
        const [first, second] = idsOf(list);
        list.fields({ first_id: first, last_id: second });
      },
    },
  ];
  return group(
    { dialect: 'openai', area: 'lists', section: '§1.4', evidence: ['SPEC', 'REC-net'], operation, needs },
    own,
  );
}

const limits: {
  value: string | number;
  error: { message?: string; code?: string; param?: string };
  id: string;
}[] = [
  {
    id: 'above',
    value: 101,
    error: {
      message: "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
      code: 'integer_above_max_value',
    },
  },
  {
    id: 'below',
    value: 0,
    error: {
      message: "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      code: 'integer_below_min_value',
    },
  },
];

const more: Check[] = group(
  {
    dialect: 'openai',
    area: 'lists',
    section: '§1.4',
    evidence: ['SPEC', 'REC-net'],
    operation: op.listMessages,
  },
  [
    ...lists.flatMap(({ name, operation, known, needs = [] }) =>
      limits.map(({ id, value, error }) => ({
        id: `lists.${name}.limit-${id}`,
        operation,
        needs,
        section: '§2.9 #20',
        evidence: ['INF'] as const,
        title: `${operation} refuses limit=${value}, in the platform's words.`,
        run: async (t: Context) => {
          const { path } = await known(t);
          const answer = await t.get(path, { limit: value });
          answer.error({ status: 400, type: 'invalid_request_error', param: 'limit', ...error });
        },
      })),
    ),
    {
      id: 'lists.empty',
      title: 'An empty list has first_id and last_id null and has_more false.',
      async run(t) {
        const list = (await t.get(`/threads/${await newThread(t)}/messages`)).ok();
        list.fields({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
      },
    },
    {
      id: 'lists.empty-runs',
      operation: op.listRuns,
      title: 'A thread without runs has an empty list of runs.',
      async run(t) {
        const list = (await t.get(`/threads/${await newThread(t)}/runs`)).ok();
        list.fields({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
      },
    },
    {
      id: 'lists.default-limit',
      title: 'A page has 20 objects unless told otherwise.',
      async run(t) {
        const threadId = await newThread(t, {
          messages: Array.from({ length: 22 }, (_, n) => user(`no. ${n}`)),
        });
        const list = (await t.get(`/threads/${threadId}/messages`)).ok().field('has_more', true);
        list.holds(list.items().length === 20, '20 objects', list.items().length);
      },
    },
    {
      id: 'lists.limit-100',
      title: 'limit=100 is taken.',
      run: async (t) => {
        (await t.get((await messages(t)).path, { limit: 100 })).ok().field('has_more', false);
      },
    },
    {
      id: 'lists.limit-1',
      title: 'limit=1 gives one object, which is both first_id and last_id.',
      async run(t) {
        const { path, ids } = await messages(t);
        const list = (await t.get(path, { limit: 1 })).ok();
        list.fields({ first_id: ids.at(-1), last_id: ids.at(-1), has_more: true });
        list.holds(list.items().length === 1, 'one object', list.items().length);
      },
    },
    {
      id: 'lists.pages',
      evidence: ['SDK', 'REC-net'],
      section: '§5.6',
      title: 'Following after=last_id until has_more is false gives every object once.',
      async run(t) {
        const { path, ids } = await messages(t);
        const found: string[] = [];
        for (let page = 0; page < ids.length; page++) {
          const list = (await t.get(path, { order: 'asc', limit: 1, after: found.at(-1) })).ok();
          found.push(...idsOf(list));
          list.field('has_more', page < ids.length - 1);
          if (page === ids.length - 1) same(list, found, ids);
        }
      },
    },
    {
      id: 'lists.unknown-cursor',
      evidence: ['INF'],
      title: 'An unknown cursor is a 404 that names it.',
      async run(t) {
        const answer = await t.get((await messages(t)).path, { after: 'msg_doesnotexist000000000000' });
        answer.error({ status: 404, message: "No message found with id 'msg_doesnotexist000000000000'." });
      },
    },
    {
      id: 'lists.limit-not-a-number',
      section: '§1.6',
      evidence: ['SPEC'],
      title: 'A limit that is no integer is refused.',
      async run(t) {
        (await t.get((await messages(t)).path, { limit: 'many' })).error({ status: 400, param: 'limit' });
      },
    },
    {
      id: 'lists.order-unknown',
      section: '§2.9 #16',
      evidence: ['SPEC', 'CODE'],
      title: 'An order other than asc and desc is refused, and the two are named.',
      async run(t) {
        (await t.get((await messages(t)).path, { order: 'newest' })).error({
          status: 400,
          message: "Invalid value: 'newest'. Supported values are: 'asc' and 'desc'.",
          param: 'order',
          code: 'invalid_value',
        });
      },
    },
    {
      id: 'lists.run-id',
      needs: ['model'],
      title: 'run_id=<run> lists the messages which that run made, and no others.',
      async run(t) {
        const { path, ids } = await runs(t);
        const list = (await t.get(path.replace(/runs$/, 'messages'), { run_id: ids[1], limit: 100 })).ok();
        const found = list.items().map((message) => message.get('run_id'));
        same(list, found, [ids[1]]);
        list.field('data[0].role', 'assistant');
      },
    },
    {
      id: 'lists.run-id-none',
      needs: ['model'],
      title: 'run_id never matches messages of users: their run_id is null.',
      async run(t) {
        const { path, ids } = await runs(t);
        const list = (await t.get(path.replace(/runs$/, 'messages'), { limit: 100 })).ok();
        const byUsers = list.items().filter((message) => message.get('role') === 'user');
        list.holds(byUsers.length === ids.length, `${ids.length} messages by users`, byUsers.length);
        for (const message of byUsers) message.field('run_id', null);
      },
    },
  ],
);

export const listChecks: Check[] = [...lists.flatMap(perList), ...more];
