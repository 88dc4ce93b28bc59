import { type ApiError, badRequest } from '../errors.ts';
import { type ExtraModels, listed, type ModelInfo, type Models, modelTable } from '../models.ts';
import { invalidParameter } from './surface.ts';

/** What the simulator knows of a model of this API beyond {@link ModelInfo}. */
interface DashScopeModel extends ModelInfo {
  /** How much it thinks when it is not told (§C.3). */
  effort: 'none' | 'xhigh';
  /** Runs code only while it thinks (§C.5). */
  thinksToCode?: boolean;
}

/** The list of §C.2, with those that only the newer description of the API has. */
const MODELS: Readonly<Record<string, DashScopeModel>> = {
  'qwen3.8-max': { effort: 'xhigh', contextWindow: 1_000_000, thinksToCode: true },
  'qwen3.8-flash': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.7-max': { effort: 'xhigh', contextWindow: 1_000_000, thinksToCode: true },
  'qwen3.7-plus': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.7-flash': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3-max': { effort: 'none', contextWindow: 262_144, thinksToCode: true },
  'qwen3.6-plus': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.6-flash': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.5-plus': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.5-flash': { effort: 'xhigh', contextWindow: 1_000_000 },
  'qwen3.5-ocr': { effort: 'none', contextWindow: 32_768 },
  'qwen-plus': { effort: 'none', contextWindow: 1_000_000 },
  'qwen-flash': { effort: 'none', contextWindow: 1_000_000 },
};

const DATED = /-\d{4}-\d{2}-\d{2}$/;

/** How much a model thinks when the request does not say, and whether it has to think to run code. */
export function thinkingOf(name: string): Pick<DashScopeModel, 'effort' | 'thinksToCode'> {
  return MODELS[name.replace(DATED, '')] ?? { effort: 'none' };
}

export function dashscopeModels(extra: ExtraModels = {}): Models {
  const table = modelTable(MODELS, extra);
  return {
    find(name) {
      const info = table.get(name) ?? table.get(name.replace(DATED, ''));
      if (!info) throw unsupported(name);
      return { reasoning: true, contextWindow: info.contextWindow ?? 1_000_000, name };
    },
    list: () => listed(table),
  };
}

function unsupported(name: string): ApiError {
  if (name === '')
    return badRequest("Missing required parameter: 'model'.", 'model', 'missing_required_parameter');
  return invalidParameter(`Unsupported model \`${name}\` for this API.`);
}
