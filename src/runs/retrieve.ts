/** Finds the passages for a run's `rag` tools with the retriever of the configuration (dashscope §A.10). */
import { LRUCache } from 'lru-cache';
import type { Message, Run } from '../assistants/types.ts';
import type { Passage, ToolSettings } from '../tools/settings.ts';
import type { Rag } from '../translate/rag.ts';
import { within } from './abort.ts';

/** The passages as one text. */
export type Retrieve = (
  run: Run,
  rag: Rag,
  messages: readonly Message[],
  signal: AbortSignal,
) => Promise<string>;

const TIMEOUT_MS = 30_000;

/** Characters of passages that a model is given. */
const MAX_LENGTH = 100_000;

/** Asks once for a run, however many model calls it has. @throws what the retriever throws */
export function createRetrieve(search: NonNullable<NonNullable<ToolSettings['rag']>['retrieve']>): Retrieve {
  const found = new LRUCache<string, Promise<string>>({ max: 1000 });
  return (run, rag, messages, signal) => {
    const known = found.get(run.id);
    if (known) return known;
    const finding = within(signal, TIMEOUT_MS, 'The retriever', async (own) => {
      const { pipelineIds, perPipeline, total } = rag;
      const query = lastWords(messages);
      const passages = await search({ query, pipelineIds, perPipeline, total, signal: own });
      return passages.slice(0, total).map(textOf).join('\n\n').slice(0, MAX_LENGTH);
    });
    found.set(run.id, finding);
    finding.catch(() => found.delete(run.id));
    return finding;
  };
}

function lastWords(messages: readonly Message[]): string {
  const last = messages.findLast(({ role }) => role === 'user');
  return (last?.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text.value] : [])).join('\n');
}

const textOf = (passage: Passage) =>
  typeof passage === 'string' ? passage : [passage.title, passage.text].filter(Boolean).join('\n');
