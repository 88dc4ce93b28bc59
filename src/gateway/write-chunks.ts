/** Streams written straight to their connection: a web stream in between takes kilobytes, and a dozen promises a chunk. */
import type { ServerResponse } from 'node:http';
import type { EventChunks } from '../http/event-stream.ts';
import { endOfTurn } from './end-of-turn.ts';

/**
 * Writes an answer whose head is set, until it or the connection ends.
 * @param chunks which end when the connection does
 */
export function writeChunks(chunks: EventChunks, connection: ServerResponse): void {
  // What has become of the connection is seen before anything is written.
  connection.on('error', ignored);
  // The head goes out with the first chunk, unless that is still to come.
  const headAlone = setImmediate(() => connection.flushHeaders());

  const write = async (texts: readonly string[] | undefined) => {
    clearImmediate(headAlone);
    await endOfTurn();
    if (connection.destroyed) return chunks.leave();
    if (!texts) return connection.end();
    // Not the answer itself, which Node 22 then forgets to tell that it can be written to again.
    const { socket } = connection;
    socket?.cork();
    // Also where it goes along: node:http keeps a head that it has not written by itself in pieces, a kilobyte of them.
    connection.flushHeaders();
    for (const text of texts) connection.write(text);
    socket?.uncork();
    if (connection.writableNeedDrain) connection.once('drain', goOn);
    else goOn();
  };
  // The connection was cut, or the server closes: there is nobody to tell.
  const cut = () => {
    chunks.leave();
    connection.destroy();
  };
  // Not a loop, which would hold on to what it wrote last for as long as it waits.
  const goOn = () => void chunks.next().then(write).catch(cut);
  goOn();
}

const ignored = () => {};
