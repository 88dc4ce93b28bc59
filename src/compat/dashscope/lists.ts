/** §A.3 and §A.13: lists and metadata. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { newThread, user } from '../openai/world.ts';
import { flat } from './objects.ts';
import { op } from './operations.ts';

const four = (t: Context) =>
  t.once('four messages', async (own) => {
    const threadId = await newThread(own, { messages: ['1', '2', '3', '4'].map(user) });
    const path = `/threads/${threadId}/messages`;
    const list = (await own.get(path, { order: 'asc', limit: 100 })).ok();
    return { path, ids: list.items().map((item) => item.text('id')) };
  });

type Query = Record<string, string | number | undefined>;

const pages: [string, string, (ids: string[]) => Query, string][] = [
  ['desc', 'Lists give the newest first.', () => ({}), '4321'],
  ['asc', 'order=asc gives the oldest first.', () => ({ order: 'asc' }), '1234'],
  ['after', 'after=<id> goes on behind that id.', ([first]) => ({ order: 'asc', after: first }), '234'],
  [
    'after-desc',
    'after=<id> goes on behind that id, the newest first too.',
    (ids) => ({ after: ids[2] }),
    '21',
  ],
  [
    'before',
    'before=<id> gives what comes before that id.',
    (ids) => ({ order: 'asc', before: ids[2] }),
    '12',
  ],
  ['limit', 'limit gives so many and no more.', () => ({ order: 'asc', limit: 2 }), '12'],
];

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'value']));

export const lists: Check[] = group(
  { dialect: 'dashscope', area: 'lists', section: '§A.3', evidence: ['S'], operation: op.listMessages },
  [
    ...pages.map(([id, title, query, expected]) => ({
      id: `ds.lists.${id}`,
      title,
      async run(t: Context) {
        const { path, ids } = await four(t);
        const list = (await t.get(path, query(ids))).ok();
        const received = list
          .items()
          .map((item) => item.text('content[0].text.value'))
          .join('');
        list.holds(received === expected, expected, received);
      },
    })),
    {
      id: 'ds.lists.envelope',
      title: 'A list has object, first_id, last_id, has_more and request_id.',
      async run(t) {
        const { path, ids } = await four(t);
        const list = (await t.get(path, { order: 'asc', limit: 2 })).ok();
        list
          .fields({ object: 'list', first_id: ids[0], last_id: ids[1], has_more: true })
          .matches('request_id', /\S/);
      },
    },
    {
      id: 'ds.lists.items',
      title: 'What is in a list has no request_id of its own.',
      async run(t) {
        const list = (await t.get((await four(t)).path)).ok();
        for (const item of list.items()) item.field('request_id', undefined);
        list.field('data[0].object', 'thread.message');
      },
    },
    {
      id: 'ds.lists.last',
      title: 'The last page says has_more: false.',
      run: async (t) => {
        (await t.get((await four(t)).path, { limit: 4 })).ok().field('has_more', false);
      },
    },
    {
      id: 'ds.lists.empty',
      title: 'An empty list has data [] and has_more false.',
      run: async (t) => {
        (await t.get(`/threads/${await newThread(t, {})}/messages`))
          .ok()
          .fields({ data: [], has_more: false });
      },
    },
    ...(
      [
        ['pairs', pairs(17), pairs(16), '16 pairs'],
        ['key', { ['k'.repeat(65)]: 'v' }, { ['k'.repeat(64)]: 'v' }, 'keys of 64 characters'],
        ['value', { k: 'v'.repeat(513) }, { k: 'v'.repeat(512) }, 'values of 512 characters'],
      ] as const
    ).flatMap(([id, tooMuch, enough, what]) => [
      {
        id: `ds.metadata.${id}`,
        operation: op.createThread,
        title: `metadata holds no more than ${what}.`,
        run: async (t: Context) => {
          flat(await t.post('/threads', { metadata: tooMuch }), 400, 'InvalidParameter');
        },
      },
      {
        id: `ds.metadata.${id}-most`,
        operation: op.createThread,
        title: `metadata holds ${what}.`,
        run: async (t: Context) => {
          (await t.post('/threads', { metadata: enough })).ok().field('metadata', enough);
        },
      },
    ]),
  ],
);
