/** The upstream's web search as the `quark_search` call that DashScope's clients know (dashscope §A.10, §D). */
import { callName } from '../assistants/call-name.ts';
import type { Run } from '../assistants/types.ts';
import { openStep, toolCalls } from './closing.ts';
import { nativeType } from './native-tools.ts';
import { type Json, list, object, text } from './read.ts';
import type { Work } from './state.ts';
import { addArguments, addCall, mintCall, setOutput } from './tool-calls.ts';

/** The run's own name of the tool; undefined where the run has not asked for it, and its calls are not shown. */
export function webSearchType({ tools }: Run): string | undefined {
  return tools.map(({ type }): string => type).find((type) => nativeType(type) === 'web_search');
}

export function openWebSearch(w: Work): void {
  openStep(w, { type: 'tool_calls', tool_calls: [] });
  const name = callName(w.state.run, webSearchType(w.state.run) ?? 'quark_search');
  const id = mintCall(w);
  addCall(w, { id, type: 'function', function: { name, arguments: '', output: null } });
}

/** The query is known when the call is done: arguments and output come one after the other, each whole. */
export function webSearchEvent(w: Work, event: Json): void {
  const item = object(event.item);
  const call = toolCalls(w)[0];
  if (event.type !== 'response.output_item.done' || !item || call?.type !== 'function') return;
  const action = object(item.action) ?? {};
  const query = text(action.query) || list(action.queries).map(text).filter(Boolean).join(' ');
  addArguments(w, 0, JSON.stringify({ query: query || text(action.url) || text(action.pattern) }));
  setOutput(w, call.id, JSON.stringify(outputOf(item, action, query)));
  w.state.held = true;
}

/** The original's members; an upstream that gives addresses only leaves the others null. */
function outputOf(item: Json, action: Json, query: string) {
  const failed = item.status === 'failed';
  const found = list(action.sources).map((source) =>
    typeof source === 'string' ? { url: source } : object(source),
  );
  return {
    success: !failed,
    errorCode: null,
    errorMsg: null,
    data: found.flatMap((source) =>
      source
        ? [
            {
              title: text(source.title) || null,
              url: text(source.url) || null,
              desc: text(source.snippet) || null,
              type: 'normal',
              original: null,
              query,
              source: text(source.name) || null,
            },
          ]
        : [],
    ),
    requestId: null,
    failed,
  };
}
