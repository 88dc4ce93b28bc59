/** Text that comes bit by bit, for the one who reads it; as a `Response`, and for doors that can do with less. */

/** `complete`: the events ran out; `failed`: their source threw; `cancelled`: the client went away or `signal` was aborted. */
export type StreamEnd = 'complete' | 'failed' | 'cancelled';

export interface ChunkOptions<Batch> {
  /** Text of what came together; none where there is nothing to tell. */
  chunksOf(batch: Batch): string[];
  /** What the stream ends with when all went well, */
  done: string;
  /** and when its source threw. */
  failed(error: unknown): string;
  /** Silence after which a comment is sent, in milliseconds; 0 sends none. */
  keepAliveMs: number;
  /** Ends the stream as if the client had gone; its reader sees the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called once, however the stream ends; `error` is what the source threw. */
  onClose?: ((end: StreamEnd, error?: unknown) => void) | undefined;
}

const KEEP_ALIVE = [': keep-alive\n\n'];

/** The chunks of a stream, for one reader, who asks for the next when there is need of it. */
export class EventChunks<Batch = unknown> {
  readonly #source: AsyncIterator<Batch>;
  readonly #options: ChunkOptions<Batch>;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The source has been asked, and has not answered yet. */
  #asked = false;
  /** What the source said while nobody waited for it. */
  #ready: string[] | undefined;
  /** The reader, while it waits for a chunk. */
  #reader: { resolve(chunks: string[] | undefined): void; reject(reason: unknown): void } | undefined;
  /** How the stream will have ended when its last chunks, which are known, are taken. */
  #last: [StreamEnd, unknown?] | undefined;
  #ended = false;
  /** Nothing has been sent since the timer last fired. */
  #silent = false;

  constructor(source: AsyncIterator<Batch>, options: ChunkOptions<Batch>) {
    this.#source = source;
    this.#options = options;
    const { signal, keepAliveMs } = options;
    if (signal?.aborted) {
      this.leave();
      return;
    }
    signal?.addEventListener('abort', this.leave);
    if (keepAliveMs === 0) return;
    this.#timer = setInterval(this.#breakSilence, keepAliveMs);
    // A stream that nobody reads to its end must not keep a program alive.
    if (typeof this.#timer === 'object') this.#timer.unref();
  }

  /**
   * What came together; undefined when that was all. One call at a time.
   * @throws the reason of the signal that has ended the stream
   */
  next(): Promise<string[] | undefined> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      if (this.#ended) this.#tellEnd();
      else if (this.#ready) this.#tell(this.#ready);
      else if (!this.#asked) this.#ask().catch(reject);
    });
  }

  /** The reader has gone. */
  readonly leave = (): void => {
    if (this.#ended) return;
    this.#last = undefined;
    this.#end('cancelled');
    // Not awaited: a generator that waits for its next event returns only after that event.
    this.#source.return?.().catch(() => {});
    this.#tellEnd();
  };

  async #ask(): Promise<void> {
    const { chunksOf, done, failed } = this.#options;
    this.#asked = true;
    let chunks: string[] = [];
    try {
      while (chunks.length === 0) {
        const read = await this.#source.next();
        chunks = read.done ? [done] : chunksOf(read.value);
        if (read.done) this.#last = ['complete'];
      }
    } catch (error) {
      chunks = [failed(error)];
      this.#last = ['failed', error];
    }
    this.#asked = false;
    if (this.#reader) this.#tell(chunks);
    else this.#ready = chunks;
  }

  #tell(chunks: string[]): void {
    if (this.#ended) return;
    const reader = this.#reader;
    this.#ready = undefined;
    this.#reader = undefined;
    this.#silent = false;
    if (this.#last) this.#end(...this.#last);
    reader?.resolve(chunks);
  }

  #tellEnd(): void {
    const reader = this.#reader;
    const { signal } = this.#options;
    this.#reader = undefined;
    if (signal?.aborted && !this.#last) reader?.reject(signal.reason);
    else reader?.resolve(undefined);
  }

  #end(how: StreamEnd, error?: unknown): void {
    const { signal, onClose } = this.#options;
    this.#ended = true;
    clearInterval(this.#timer);
    signal?.removeEventListener('abort', this.leave);
    onClose?.(how, error);
  }

  readonly #breakSilence = (): void => {
    const reader = this.#reader;
    if (reader && this.#silent) {
      this.#reader = undefined;
      reader.resolve(KEEP_ALIVE);
    }
    this.#silent = true;
  };
}

const encoder = new TextEncoder();

/** A streamed answer. Its body is read like any other; a door that writes text itself takes {@link chunks}, and leaves the body alone. */
export class EventStream extends Response {
  readonly chunks: EventChunks;

  constructor(chunks: EventChunks, headers: Record<string, string>) {
    // Nothing is fetched ahead of the reader.
    super(new ReadableStream(asSource(chunks), { highWaterMark: 0 }), { headers });
    this.chunks = chunks;
  }
}

function asSource(chunks: EventChunks): UnderlyingDefaultSource<Uint8Array> {
  return {
    async pull(controller) {
      const read = await chunks.next();
      if (!read) return controller.close();
      for (const chunk of read) controller.enqueue(encoder.encode(chunk));
    },
    cancel: () => chunks.leave(),
  };
}
