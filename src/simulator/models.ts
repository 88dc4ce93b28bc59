import { notFound } from './errors.ts';
import type { App } from './exchange.ts';

/** Unix seconds; nobody looks at it. */
const MODEL_CREATED = 1_715_367_049;

/** What the simulator has to know of a model. */
export interface ModelInfo {
  /** Reasoning models refuse temperature and top_p, the others refuse `reasoning` (§4.3). Default false. */
  reasoning?: boolean;
  /** Input tokens above which a request is answered with `context_length_exceeded`. Default 128 000. */
  contextWindow?: number;
  /** The dated name that responses carry in `model`. Default: the name that was asked for. */
  snapshot?: string;
}

/** The models that are there unless the `models` option says otherwise. */
export const MODELS: Readonly<Record<string, ModelInfo>> = {
  'gpt-3.5-turbo': { contextWindow: 16_385, snapshot: 'gpt-3.5-turbo-0125' },
  'gpt-4': { contextWindow: 8_192, snapshot: 'gpt-4-0613' },
  'gpt-4-turbo': { snapshot: 'gpt-4-turbo-2024-04-09' },
  'gpt-4-turbo-preview': { snapshot: 'gpt-4-0125-preview' },
  'gpt-4-1106-preview': {},
  'gpt-4o': { snapshot: 'gpt-4o-2024-08-06' },
  'gpt-4o-mini': { snapshot: 'gpt-4o-mini-2024-07-18' },
  'gpt-4.1': { contextWindow: 1_047_576, snapshot: 'gpt-4.1-2025-04-14' },
  'gpt-4.1-mini': { contextWindow: 1_047_576, snapshot: 'gpt-4.1-mini-2025-04-14' },
  'gpt-4.1-nano': { contextWindow: 1_047_576, snapshot: 'gpt-4.1-nano-2025-04-14' },
  o1: { reasoning: true, contextWindow: 200_000, snapshot: 'o1-2024-12-17' },
  o3: { reasoning: true, contextWindow: 200_000, snapshot: 'o3-2025-04-16' },
  'o3-mini': { reasoning: true, contextWindow: 200_000, snapshot: 'o3-mini-2025-01-31' },
  'o4-mini': { reasoning: true, contextWindow: 200_000, snapshot: 'o4-mini-2025-04-16' },
  'gpt-5': { reasoning: true, contextWindow: 400_000, snapshot: 'gpt-5-2025-08-07' },
  'gpt-5-mini': { reasoning: true, contextWindow: 400_000, snapshot: 'gpt-5-mini-2025-08-07' },
  'gpt-5-nano': { reasoning: true, contextWindow: 400_000, snapshot: 'gpt-5-nano-2025-08-07' },
  'gpt-6-luna': { reasoning: true, contextWindow: 400_000 },
};

/** A model that answers a request. */
export interface Model {
  reasoning: boolean;
  contextWindow: number;
  /** What `response.model` says. */
  name: string;
}

/** The models of one simulator. */
export interface Models {
  /** @throws ApiError 404 `model_not_found` */
  find(name: string): Model;
  list(): { id: string; object: 'model'; created: number; owned_by: string }[];
}

/** A dated name such as `gpt-4o-2024-05-13` is its base model. */
const DATED = /-(\d{4}-\d{2}-\d{2}|\d{4})$/;

/** Models to add or to change; `false` takes one away. */
export type ExtraModels = Record<string, ModelInfo | false>;

export function modelTable(
  models: Readonly<Record<string, ModelInfo>>,
  extra: ExtraModels,
): Map<string, ModelInfo> {
  const table = new Map<string, ModelInfo>(Object.entries(models));
  for (const [name, info] of Object.entries(extra)) {
    if (info === false) table.delete(name);
    else table.set(name, { ...table.get(name), ...info });
  }
  return table;
}

/** GET /models. */
export const listed = (table: Map<string, ModelInfo>) =>
  [...table.keys()].map((id) => ({
    id,
    object: 'model' as const,
    created: MODEL_CREATED,
    owned_by: 'system',
  }));

export function createModels(extra: ExtraModels = {}): Models {
  const table = modelTable(MODELS, extra);

  return {
    find(name) {
      const exact = table.get(name);
      const info = exact ?? table.get(name.replace(DATED, ''));
      if (!info) {
        throw notFound(
          `The model '${name}' does not exist or you do not have access to it.`,
          null,
          'model_not_found',
        );
      }
      return {
        reasoning: info.reasoning ?? false,
        contextWindow: info.contextWindow ?? 128_000,
        name: exact ? (info.snapshot ?? name) : name,
      };
    },
    list: () => listed(table),
  };
}

/** GET /models and /models/{id}. */
export function mountModels(app: App, { models }: { models: Models }): void {
  app.get('/models', (c) => c.json({ object: 'list', data: models.list() }));
  app.get('/models/:id', (c) => {
    const id = c.req.param('id');
    models.find(id);
    return c.json({ id, object: 'model', created: MODEL_CREATED, owned_by: 'system' });
  });
}
