import { type Connection, connectionReset, type Faults, hangUntilGone, sleep } from './deliver.ts';
import { ApiError } from './errors.ts';
import type { Piece, Turn } from './pieces.ts';

type Of<K extends Piece['kind']> = Extract<Piece, { kind: K }>;

/** The first piece of a kind in a turn. */
export function find<K extends Piece['kind']>(turn: Turn, kind: K): Of<K> | undefined {
  return turn.pieces.find((piece): piece is Of<K> => piece.kind === kind);
}

/** What goes wrong with a turn's stream at a counted place. */
export function faultsOf(turn: Turn): Faults {
  const malformed = find(turn, 'malformed');
  return {
    beforeFirst: find(turn, 'slow')?.beforeFirst ?? 0,
    cut: find(turn, 'cut'),
    malformed:
      malformed?.afterEvents === undefined
        ? undefined
        : { what: malformed.what, afterEvents: malformed.afterEvents },
  };
}

/**
 * Does to the connection what a turn wants done before any header is sent.
 *
 * @throws what a broken connection makes `fetch` throw
 */
export async function beforeHeaders(turn: Turn, connection: Connection): Promise<void> {
  const delays = find(turn, 'slow');
  if (delays?.beforeHeaders) await sleep(delays.beforeHeaders, connection.signal);
  if (find(turn, 'hang')?.beforeHeaders) await hangUntilGone(connection.signal);
  if (find(turn, 'cut')?.beforeHeaders) {
    if (connection.reset) {
      connection.reset();
      await hangUntilGone(connection.signal);
    }
    throw connectionReset();
  }
}

/** The scripted HTTP error of a turn as a response. */
export function scriptedError({ status, body, headers }: Of<'http_error'>): Response {
  return typeof body === 'string'
    ? new Response(body, { status, headers: { 'content-type': 'text/html', ...headers } })
    : Response.json(body, { status, headers });
}

/** An error in the middle of a stream, as a request without stream sees it. */
export function streamErrorStatus({ error }: Of<'stream_error'>): ApiError {
  const { message, ...rest } = error;
  return new ApiError(error.code === 'rate_limit_exceeded' ? 429 : 500, message, rest);
}
