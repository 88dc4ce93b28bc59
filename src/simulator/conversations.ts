import type { Conversation } from 'openai/resources/conversations/conversations';
import type {
  ResponseCreateParams,
  ResponseIncludable,
  ResponseInputItem,
  ResponseItem,
  ResponseOutputItem,
} from 'openai/resources/responses/responses';
import { addSchema, createSchema, updateSchema } from './conversation-schema.ts';
import { badRequest, notFound } from './errors.ts';
import { type App, jsonBody, type RouteContext } from './exchange.ts';
import { check } from './issues.ts';
import { listedItem } from './listed-item.ts';
import { paginate } from './lists.ts';
import type { Base } from './state.ts';
import { project } from './wire.ts';

/** The conversations of a simulator, as POST /responses uses them. */
export interface ConversationStore {
  /** @throws ApiError 404 */
  requireOf(body: ResponseCreateParams): OpenConversation | undefined;
}

/** A conversation that a response is being made for. */
export interface OpenConversation {
  id: string;
  /** What the model reads first, oldest first. */
  history: readonly ResponseInputItem[];
  /**
   * Keeps every other response out until it is called back.
   *
   * @throws ApiError 400 `conversation_locked` (§4.2)
   */
  lock(): () => void;
  /** Adds what a response read and what it put out. */
  append(input: readonly ResponseInputItem[], output: readonly ResponseOutputItem[]): void;
}

interface Kept {
  object: Conversation;
  items: ResponseItem[];
  locked: boolean;
}

/** /conversations with their items (§4.2 B); they never expire. */
export function mountConversations(app: App, { makeId, clock }: Base): ConversationStore {
  const conversations = new Map<string, Kept>();

  function require(id: string): Kept {
    const found = conversations.get(id);
    if (!found) throw notFound(`Conversation with id '${id}' not found.`);
    return found;
  }

  function add(record: Kept, items: readonly ResponseInputItem[]): ResponseItem[] {
    const added = items.map((item) => listedItem(item, makeId));
    for (const { id } of added) {
      if (record.items.some((item) => item.id === id)) {
        throw badRequest(`Item with id '${id}' already exists in this conversation.`, 'items');
      }
    }
    record.items.push(...added);
    return added;
  }

  function requireItem(c: RouteContext): { record: Kept; item: ResponseItem } {
    const record = require(c.req.param('id') ?? '');
    const id = c.req.param('item') ?? '';
    const item = record.items.find((each) => each.id === id);
    if (!item) throw notFound(`Item with id '${id}' not found in conversation '${record.object.id}'.`);
    return { record, item };
  }

  app.post('/conversations', (c) => {
    const body = jsonBody(c, true);
    check(createSchema, body);
    const { items, metadata } = body as { items?: ResponseInputItem[]; metadata?: Conversation['metadata'] };
    const record: Kept = {
      object: {
        id: makeId('conversation'),
        object: 'conversation',
        created_at: clock.seconds(),
        metadata: metadata ?? {},
      },
      items: [],
      locked: false,
    };
    add(record, items ?? []);
    conversations.set(record.object.id, record);
    return c.json(record.object);
  });

  app.get('/conversations/:id', (c) => c.json(require(c.req.param('id')).object));

  app.post('/conversations/:id', (c) => {
    const record = require(c.req.param('id'));
    const body = jsonBody(c);
    check(updateSchema, body);
    record.object = { ...record.object, metadata: body.metadata ?? {} };
    return c.json(record.object);
  });

  app.delete('/conversations/:id', (c) => {
    const { id } = require(c.req.param('id')).object;
    conversations.delete(id);
    return c.json({ id, object: 'conversation.deleted', deleted: true });
  });

  app.post('/conversations/:id/items', (c) => {
    const record = require(c.req.param('id'));
    const body = jsonBody(c);
    check(addSchema, body);
    const added = add(record, body.items as ResponseInputItem[]);
    return c.json({
      object: 'list',
      data: projected(added, c),
      first_id: added[0]?.id,
      last_id: added.at(-1)?.id,
      has_more: false,
    });
  });

  app.get('/conversations/:id/items', (c) => {
    const page = paginate(require(c.req.param('id')).items as { id: string }[], c.env.search);
    return c.json({ ...page, data: projected(page.data as ResponseItem[], c) });
  });

  app.get('/conversations/:id/items/:item', (c) => c.json(projected([requireItem(c).item], c)[0]));

  app.delete('/conversations/:id/items/:item', (c) => {
    const { record, item } = requireItem(c);
    record.items = record.items.filter((each) => each !== item);
    return c.json(record.object);
  });

  return {
    requireOf({ conversation }) {
      if (!conversation) return undefined;
      const record = require(typeof conversation === 'string' ? conversation : conversation.id);
      return {
        id: record.object.id,
        history: record.items as ResponseInputItem[],
        lock() {
          if (record.locked) {
            throw badRequest(
              'Another process is currently operating on this conversation. Please retry in a few seconds.',
              'conversation',
              'conversation_locked',
            );
          }
          record.locked = true;
          return () => {
            record.locked = false;
          };
        },
        append: (input, output) => void add(record, [...input, ...(output as ResponseInputItem[])]),
      };
    },
  };
}

/** Items with what `include` asks for, and without what it does not (§4.3). */
function projected(items: readonly ResponseItem[], { env: { search } }: RouteContext): ResponseItem[] {
  const include = new Set([
    ...search.getAll('include'),
    ...search.getAll('include[]'),
  ] as ResponseIncludable[]);
  return items.map((item) => project(item as ResponseOutputItem, include) as ResponseItem);
}
