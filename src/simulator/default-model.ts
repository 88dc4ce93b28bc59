import type { FunctionTool } from 'openai/resources/responses/responses';
import { bestFit, fillArguments } from './arguments.ts';
import { codeAnswer, wantsCode } from './code-answer.ts';
import type { Piece, Turn } from './pieces.ts';
import { sampleOf } from './sample-json.ts';
import { callFunctions, incomplete, reason, say, searchFiles, turn } from './script.ts';
import { bestSentence } from './search.ts';
import { countTokens } from './tokens.ts';
import type { TurnRequest } from './turn-request.ts';

/**
 * What answers when the script has run out: a small deterministic model, good enough for demos. It calls the function
 * that fits the last user message (once), searches vector stores and cites what it finds, runs code when asked to
 * calculate, plot or make a file, fills JSON schemas, remembers what was said before, and otherwise answers the message.
 *
 * @example
 * const sim = createSimulator({ defaultScript: (request) => (request.lastUserText === 'ping' ? say('pong') : defaultModel(request)) });
 */
export function defaultModel(request: TurnRequest): Turn | Piece {
  const { body, lastUserText, toolOutputs } = request;
  const choice = body.tool_choice ?? 'auto';
  const forced = typeof choice === 'object' ? choice : undefined;
  const tools = choice === 'none' ? [] : (body.tools ?? []);
  const functions = tools.filter((tool): tool is FunctionTool => tool.type === 'function');
  const may = (type: string) => tools.some((tool) => tool.type === type) && (!forced || forced.type === type);

  const called = functionToCall(request, functions);
  if (called) {
    const call = callFunctions({ name: called.name, arguments: fillArguments(called, lastUserText) });
    return request.reasoning ? turn(reason(`The user needs ${called.name}.`), call) : call;
  }
  const format = body.text?.format;
  if (format?.type === 'json_schema') return limited(JSON.stringify(sampleOf(format.schema)), body);
  if (format?.type === 'json_object') {
    return limited(JSON.stringify({ answer: chat(request), ...outputsAsJson(request) }), body);
  }
  if (toolOutputs.length > 0) return limited(fromOutputs(request), body);
  if (may('code_interpreter') && (forced || wantsCode(lastUserText))) return codeAnswer(lastUserText);
  if (may('file_search')) {
    const found = fileAnswer(request);
    if (found || forced || choice === 'required')
      return (
        found ??
        turn(searchFiles({ queries: [lastUserText] }), say('I found nothing about that in your files.'))
      );
  }
  if (choice === 'required' && may('code_interpreter')) return codeAnswer(lastUserText);
  return limited(chat(request), body);
}

/** The function to call now: the one that is demanded, or the one that fits; none when it has answered already. */
function functionToCall(
  { body, lastUserText, toolOutputs }: TurnRequest,
  functions: readonly FunctionTool[],
): FunctionTool | undefined {
  const choice = body.tool_choice ?? 'auto';
  if (typeof choice === 'object' && choice?.type === 'function') {
    return functions.find(({ name }) => name === choice.name);
  }
  if (typeof choice === 'object') return undefined;
  const fresh = functions.filter(({ name }) => !toolOutputs.some((output) => output.name === name));
  const fitting = toolOutputs.length > 0 ? undefined : bestFit(fresh, lastUserText);
  if (fitting || choice !== 'required') return fitting;
  const hosted = body.tools?.some(({ type }) => type === 'file_search' || type === 'code_interpreter');
  return hosted && functions.length === 0 ? undefined : functions[0];
}

/** Says a text as far as `max_output_tokens` lets it. */
function limited(text: string, body: TurnRequest['body']): Turn | Piece {
  const most = body.max_output_tokens ?? Number.POSITIVE_INFINITY;
  if (countTokens(text) <= most) return say(text);
  const words = text.match(/\s*\S+/g) ?? [];
  let kept = '';
  for (const word of words) {
    if (countTokens(kept + word) > most) break;
    kept += word;
  }
  return turn(say(kept), incomplete('max_output_tokens'));
}

function outputsAsJson({ toolOutputs }: TurnRequest): Record<string, unknown> {
  return Object.fromEntries(toolOutputs.map(({ name, output }) => [name, parsed(output)]));
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

function fromOutputs({ toolOutputs }: TurnRequest): string {
  const sentences = toolOutputs.map(
    ({ name, output }) => `${name.replaceAll('_', ' ')} says ${readable(output)}`,
  );
  return `Here is what I found: ${sentences.join('; ')}.`;
}

/** `temperature: 22, unit: C` for an object, the text itself for anything else. */
function readable(output: string): string {
  const value = parsed(output);
  if (output.trim() === '') return 'nothing';
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return output.trim().replace(/\.$/, '');
  return Object.entries(value)
    .map(([key, entry]) => `${key}: ${typeof entry === 'object' ? JSON.stringify(entry) : String(entry)}`)
    .join(', ');
}

/** Searches for the message and answers with the sentence that fits it best, cited. */
function fileAnswer({ lastUserText, search }: TurnRequest): Turn | undefined {
  const results = search(lastUserText);
  const best = results[0];
  if (!best) return undefined;
  const sentence = bestSentence(lastUserText, best.text ?? '');
  const closing = /[.!?]$/.test(sentence) ? sentence.slice(-1) : '.';
  const text = `According to ${best.filename}: ${sentence.replace(/[.!?]$/, '')}`;
  return turn(
    searchFiles({ queries: [lastUserText], results }),
    say(`${text}${closing}`, {
      citations: [{ at: text.length, file_id: best.file_id, filename: best.filename }],
    }),
  );
}

const ASKS_NAME = /\bwhat(?:'s| is| was)? my name\b|\bwho am i\b/i;
const ASKS_BEFORE =
  /\bwhat (?:did|have) i (?:say|said|tell|told|ask|asked|written|write)\b|\bwhat was my (?:first|last|previous)\b|\bdo you remember\b/i;
const TELLS_NAME =
  /\b[Mm]y name is\s+([\p{Lu}][\p{L}'’-]*(?:\s+[\p{Lu}][\p{L}'’-]*)*)|\bI(?:'m| am)\s+([\p{Lu}][\p{L}'’-]+)/u;

function chat({ userTexts, lastUserText }: TurnRequest): string {
  const before = userTexts.slice(0, -1);
  const name = before.concat(lastUserText).reduce<string | undefined>((known, text) => {
    const match = TELLS_NAME.exec(text);
    return match?.[1] ?? match?.[2] ?? known;
  }, undefined);
  if (ASKS_NAME.test(lastUserText)) {
    return name ? `Your name is ${name}.` : 'You have not told me your name yet.';
  }
  if (ASKS_BEFORE.test(lastUserText)) {
    if (before.length === 0) return 'This is the first thing you have said.';
    return `Earlier you said: ${before.map((text) => `“${text.trim()}”`).join(', then ')}.`;
  }
  const told = TELLS_NAME.exec(lastUserText);
  if (told) return `Nice to meet you, ${told[1] ?? told[2]}. What can I do for you?`;
  if (/^\s*(?:hi|hello|hey|good (?:morning|evening|afternoon))\b/i.test(lastUserText)) {
    return `Hello${name ? `, ${name}` : ''}! How can I help you today?`;
  }
  if (/\bthank(?:s| you)\b/i.test(lastUserText)) return "You're welcome!";
  if (lastUserText.trim() === '') return 'I am here. What would you like to know?';
  return `You said: “${lastUserText.trim()}” I am a simulator, so that is as much as I can say about it.`;
}
