/** A model that does what a script in its prompt says, for suites that test an Assistants API from the outside. */
import { readScript, type Piece as Wanted, type Turn as WantedTurn } from '../compat/script.ts';
import { defaultModel } from './default-model.ts';
import { TINY_PNG } from './items.ts';
import type { Piece, Turn } from './pieces.ts';
import {
  callFunctions,
  fail,
  hang,
  httpError,
  incomplete,
  refuse,
  runCode,
  say,
  searchFiles,
  slow,
  turn,
  usage,
} from './script.ts';
import { type TurnRequest, textOf } from './turn-request.ts';

/**
 * The default model, except for prompts with a script (`<compat-script>…</compat-script>`, see compat/script.ts): these
 * are followed to the letter.
 *
 * @example
 * const sim = createSimulator({ defaultScript: followScript });
 */
export function followScript(request: TurnRequest): Turn | Piece {
  const script = readScript(request.lastUserText) ?? readScript(request.body.instructions ?? '');
  if (!script) return defaultModel(request);
  const wanted: WantedTurn = script[roundsOf(request)] ?? [{ say: 'There is no more in the script.' }];
  return turn(...wanted.map((piece) => played(piece, request)));
}

/** How often function outputs have been sent since the last user message. */
function roundsOf({ input }: TurnRequest): number {
  let rounds = 0;
  let previous = '';
  for (const item of input) {
    if ('role' in item && item.role === 'user') rounds = 0;
    else if (item.type === 'function_call_output' && previous !== 'function_call_output') rounds += 1;
    previous = item.type ?? '';
  }
  return rounds;
}

function played(piece: Wanted, request: TurnRequest): Piece {
  if ('say' in piece) {
    const { say: text, deltas, citations, files } = piece;
    return say(text, { ...(deltas && { deltas }), ...(citations && { citations }), ...(files && { files }) });
  }
  if ('call' in piece) return callFunctions(...piece.call);
  if ('code' in piece) {
    const { code, logs, image, file } = piece;
    return runCode({
      code,
      ...(logs !== undefined && { logs }),
      ...(image && { images: [TINY_PNG] }),
      files: [...(image ? [{ path: 'plot.png', content: TINY_PNG }] : []), ...(file ? [file] : [])],
    });
  }
  if ('search' in piece) return searchFiles({ queries: ['compat'], results: piece.search });
  if ('refuse' in piece) return refuse(piece.refuse);
  if ('fail' in piece) return fail(piece.fail, piece.message);
  if ('rateLimit' in piece) return limitReached(piece.rateLimit);
  if ('incomplete' in piece) return incomplete(piece.incomplete);
  if ('hang' in piece) return hang();
  if ('wait' in piece) return slow({ beforeFirst: piece.wait });
  if ('usage' in piece) return usage(piece.usage);
  return say(
    JSON.stringify(piece.echo === 'instructions' ? (request.body.instructions ?? null) : messages(request)),
  );
}

/** For good: who is told to come back later would, until the run expires. */
const limitReached = (message: string) =>
  httpError(
    429,
    { type: 'tokens', code: 'rate_limit_exceeded', message },
    { headers: { 'x-should-retry': 'false' } },
  );

const messages = ({ input }: TurnRequest) =>
  input.flatMap((item) => ('role' in item && 'content' in item ? [[item.role, textOf(item.content)]] : []));
