import { type Piece, say, type Turn } from './script.ts';
import type { TurnRequest } from './turn-request.ts';

/** What answers when the script has run out: a small deterministic model, good enough for demos. */
export function defaultModel(request: TurnRequest): Turn | Piece {
  if (request.toolOutputs.length > 0) {
    return say(`Here is what I found: ${request.toolOutputs.map(({ output }) => output).join('; ')}`);
  }
  return say(`You said: ${request.lastUserText}`);
}
