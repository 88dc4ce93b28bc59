/** Assistants: made, changed, listed; and those that the configuration declares (§1.1 no. 1–5, §1.7). */
import { type Domain, keys, locks, nextId, seconds } from './domain.ts';
import { errors } from './errors.ts';
import { type Listed, listRecords, logOf, type Page, takeOut } from './lists.ts';
import type { AssistantChanges, AssistantParams, ListQuery } from './params.ts';
import { resolveResources, resolveTools } from './tools.ts';
import type { Assistant } from './types.ts';

interface AssistantRecord extends Listed {
  assistant: Assistant;
  /** The declaration this record was made from, as JSON; absent for assistants made through the API. */
  declaration?: string;
}

/** Everything optional filled in as the original did (§1.7). */
function build(id: string, createdAt: number, params: AssistantParams): Assistant {
  const tools = resolveTools(params.tools);
  return {
    id,
    object: 'assistant',
    created_at: createdAt,
    name: params.name ?? null,
    description: params.description ?? null,
    model: params.model,
    instructions: params.instructions ?? null,
    tools,
    top_p: params.top_p ?? 1,
    temperature: params.temperature ?? 1,
    reasoning_effort: params.reasoning_effort ?? null,
    tool_resources: resolveResources(tools, params.tool_resources),
    metadata: params.metadata ?? {},
    response_format: params.response_format ?? 'auto',
    ...(params.dashscope && { dashscope: params.dashscope }),
  };
}

async function insert(domain: Domain, assistant: Assistant, declaration?: string): Promise<void> {
  const { store } = domain;
  await store.lock(locks.list(keys.assistants), async () => {
    const plan = await logOf(store, keys.assistants).append([assistant.id]);
    const record: AssistantRecord = {
      assistant,
      page: plan.pages[0] as number,
      ...(declaration && { declaration }),
    };
    await store.setMany([[keys.assistant(assistant.id), record], ...plan.writes]);
  });
}

/**
 * Makes the declared assistants known: a new declaration is stored, a changed one replaces what was stored. Until the
 * declaration changes again, changes made through the API stay.
 */
export async function syncDeclared(domain: Domain): Promise<void> {
  const ids = Object.keys(domain.declared);
  const records = await domain.store.getMany<AssistantRecord>(ids.map(keys.assistant));
  for (const [at, id] of ids.entries()) {
    const params = domain.declared[id] as AssistantParams;
    const declaration = JSON.stringify(params);
    const record = records[at];
    if (record?.declaration === declaration) continue;
    const assistant = build(id, record?.assistant.created_at ?? seconds(domain), params);
    if (record) await domain.store.set(keys.assistant(id), { ...record, assistant, declaration });
    else await insert(domain, assistant, declaration);
  }
}

export async function createAssistant(domain: Domain, params: AssistantParams): Promise<Assistant> {
  const assistant = build(nextId(domain, 'asst_'), seconds(domain), params);
  await insert(domain, assistant);
  return assistant;
}

async function load(domain: Domain, id: string): Promise<AssistantRecord> {
  const record = await domain.store.get<AssistantRecord>(keys.assistant(id));
  if (!record) throw errors.noAssistant(id);
  return record;
}

export async function retrieveAssistant(domain: Domain, id: string): Promise<Assistant> {
  return (await load(domain, id)).assistant;
}

/**
 * Only members that are present change, also inside `tool_resources`; null sets a nullable one back to its default (§1.7).
 * @param wanted the changes, or what gives them for the assistant as it is
 */
export async function updateAssistant(
  domain: Domain,
  id: string,
  wanted: AssistantChanges | ((current: Assistant) => AssistantChanges),
): Promise<Assistant> {
  return domain.store.lock(`assistant/${id}`, async () => {
    const record = await load(domain, id);
    const changes = typeof wanted === 'function' ? wanted(record.assistant) : wanted;
    const sent = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const assistant = build(id, record.assistant.created_at, {
      ...record.assistant,
      ...sent,
      ...(changes.tool_resources && {
        tool_resources: { ...record.assistant.tool_resources, ...changes.tool_resources },
      }),
    });
    await domain.store.set(keys.assistant(id), { ...record, assistant });
    return assistant;
  });
}

/** Threads and runs of the assistant stay; later runs with its id answer 404 (§2.8). */
export async function deleteAssistant(domain: Domain, id: string): Promise<void> {
  const { store } = domain;
  await store.lock(locks.list(keys.assistants), async () => {
    const record = await load(domain, id);
    await store.setMany(await takeOut(store, keys.assistants, id, record.page));
    await store.delete([keys.assistant(id)]);
  });
}

export async function listAssistants(domain: Domain, query: ListQuery): Promise<Page<Assistant>> {
  const list = { name: keys.assistants, keyOf: keys.assistant, missing: errors.noAssistant };
  const page = await listRecords<AssistantRecord>(domain.store, list, query);
  return { ...page, data: page.data.map((record) => record.assistant) };
}
