/** Deltas of one text that came together: what they add is put into the message at once, and told piece by piece. */
import { type Json, object, text } from './read.ts';

const DELTAS: ReadonlySet<unknown> = new Set(['response.output_text.delta', 'response.refusal.delta']);

/** Upstream events, of which those that follow each other as deltas of one text are made one, with all their `pieces`. */
export function joinDeltas(events: readonly unknown[]): unknown[] {
  const joined: unknown[] = [];
  let open: (Json & { pieces: string[] }) | undefined;
  for (const given of events) {
    const event = object(given);
    if (!event || !DELTAS.has(event.type)) {
      open = undefined;
      joined.push(given);
    } else if (open && isOfSameText(open, event)) {
      open.pieces.push(...pieceOf(event));
    } else {
      open = { ...event, pieces: pieceOf(event) };
      joined.push(open);
    }
  }
  return joined;
}

function pieceOf({ delta }: Json): string[] {
  return text(delta) === '' ? [] : [text(delta)];
}

/** What a delta adds to its text, piece by piece. States of earlier versions keep single ones for later. */
export function piecesOf(delta: Json): readonly string[] {
  return (delta.pieces as string[] | undefined) ?? pieceOf(delta);
}

function isOfSameText(one: Json, other: Json): boolean {
  return (
    one.type === other.type &&
    one.item_id === other.item_id &&
    one.output_index === other.output_index &&
    one.content_index === other.content_index
  );
}
