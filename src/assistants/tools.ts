/** How tools and their resources are echoed: every optional member resolved (§1.7). */
import type { AssistantTool, ToolResources } from './types.ts';

/** The original's ranker; its name is echoed although the Responses API has another (§4.3). */
const RANKING = { ranker: 'default_2024_08_21', score_threshold: 0, hybrid_search: null } as const;

function resolveTool(tool: AssistantTool): AssistantTool {
  switch (tool.type) {
    case 'function': {
      const { name, description, parameters, strict } = tool.function;
      return {
        type: 'function',
        function: {
          name,
          ...(description !== undefined && { description }),
          parameters: parameters ?? { type: 'object', properties: {} },
          strict: strict ?? false,
        },
      };
    }
    case 'file_search':
      return {
        type: 'file_search',
        file_search: {
          ...tool.file_search,
          ranking_options: { ...RANKING, ...tool.file_search?.ranking_options },
        },
      };
    default:
      return tool;
  }
}

export function resolveTools(tools: readonly AssistantTool[] | null | undefined): AssistantTool[] {
  return (tools ?? []).map(resolveTool);
}

/** What was given, and an empty entry for each tool that could have resources (§1.7). */
export function resolveResources(
  tools: readonly AssistantTool[],
  given: ToolResources | null | undefined,
): ToolResources {
  const has = (type: AssistantTool['type']) => tools.some((tool) => tool.type === type);
  const { code_interpreter, file_search } = given ?? {};
  return {
    ...((code_interpreter || has('code_interpreter')) && {
      code_interpreter: { file_ids: code_interpreter?.file_ids ?? [] },
    }),
    ...((file_search || has('file_search')) && {
      file_search: { vector_store_ids: file_search?.vector_store_ids ?? [] },
    }),
  };
}
