/** `rag`: passages of knowledge bases in place of a placeholder in the instructions (dashscope §A.10). */
import type { AssistantTool, Run } from '../assistants/types.ts';
import { type Json, list, object, text, whole } from './read.ts';

export interface Rag {
  pipelineIds: string[];
  /** As they stand in the instructions, e.g. `${documents}`. */
  placeholders: string[];
  perPipeline: number;
  total: number;
}

const PLACEHOLDER = /\$\{\w+\}/g;
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of the original
const USUAL = '${documents}';

/** What all `rag` tools of a run ask for together; undefined where it has none. */
export function ragOf({ tools }: Pick<Run, 'tools'>): Rag | undefined {
  const asked = tools.map(settingsOf).filter((prompt) => prompt !== undefined);
  if (asked.length === 0) return undefined;
  const named = asked.flatMap((prompt) =>
    Object.values(object(object(prompt.parameters)?.properties) ?? {}).flatMap(
      (property) => text(object(property)?.value).match(PLACEHOLDER) ?? [],
    ),
  );
  return {
    pipelineIds: [...new Set(asked.flatMap((prompt) => list(prompt.pipeline_id).map(text).filter(Boolean)))],
    placeholders: [...new Set([...named, USUAL])],
    perPipeline: Math.max(1, ...asked.map((prompt) => whole(prompt.rerank_top_n) ?? 5)),
    total: Math.max(1, ...asked.map((prompt) => whole(prompt.multiknowledge_rerank_top_n) ?? 10)),
  };
}

function settingsOf(tool: AssistantTool): Json | undefined {
  const { type }: { type: string } = tool;
  return type === 'rag' ? (object((tool as unknown as Json).prompt_ra) ?? {}) : undefined;
}

/**
 * Instructions as the model reads them: no placeholder is left. Where none is there to be filled, the passages come
 * after the instructions.
 * @param passages empty: file search brings what is known
 */
export function withPassages(
  instructions: string | null,
  { placeholders }: Rag,
  passages: string,
): string | null {
  const told = instructions ?? '';
  const has = placeholders.some((placeholder) => told.includes(placeholder));
  if (!has && passages) return told ? `${told}\n\n${passages}` : passages;
  return (
    placeholders.reduce((filled, placeholder) => filled.replaceAll(placeholder, () => passages), told) || null
  );
}
