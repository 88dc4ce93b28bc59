/** What a check works with. */
import type { Dialect, Need } from './check.ts';
import { type EventList, type OpenStream, readStream } from './events.ts';
import { CheckFailure, NotApplicable, preparing } from './failure.ts';
import { Answer } from './received.ts';
import { inWords, notation, type Turn } from './script.ts';
import type { Target } from './target.ts';
import { createWire, type RequestOptions, type Wire } from './wire.ts';

/** A constructor of an openai client. */
export type SdkClass = new (options: Record<string, unknown>) => unknown;

/** What holds for a whole run of the suite. */
export interface Session {
  target: Target;
  dialect: Dialect;
  /** Whether the model behind the endpoint does what its prompt's script says. */
  mode: 'scripted' | 'live';
  model: string;
  claims: ReadonlySet<Need>;
  /** Milliseconds that one request, and one run, may take. */
  timeout: number;
  /** Seconds until this endpoint's runs expire, if that is worth waiting for. */
  expirySeconds?: number | undefined;
  /** Clients by major. */
  sdks: ReadonlyMap<number, SdkClass>;
  /** Headers of every request. */
  headers: Record<string, string>;
  /** What several checks look at, made once. */
  fixtures: Map<string, Promise<unknown>>;
  /** What was exchanged to make them. */
  fixtureWires: Wire[];
}

export interface Context extends Omit<Session, 'fixtures' | 'fixtureWires' | 'target' | 'headers'> {
  readonly wire: Wire;
  readonly baseURL: string;
  readonly apiKey: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  get(path: string, query?: RequestOptions['query']): Promise<Answer>;
  post(path: string, body?: unknown, query?: RequestOptions['query']): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Opens a stream. @throws CheckFailure when the answer is none */
  open(path: string, body: unknown, options?: Omit<RequestOptions, 'body'>): Promise<OpenStream>;
  /** Opens a stream and reads it to its end. */
  stream(path: string, body: unknown, options?: Omit<RequestOptions, 'body'>): Promise<EventList>;
  /** A user's words that make the model do this, turn by turn. @throws NotApplicable when no words can */
  prompt(...script: Turn[]): string;
  /** Makes something that several checks look at once; what fails in it counts as preparation. */
  once<T>(name: string, make: (context: Context) => Promise<T>): Promise<T>;
  notApplicable(reason: string): never;
}

export function createContext(session: Session): Context {
  const { fixtures, fixtureWires, target, headers, ...shared } = session;
  const wire = createWire(target, headers, session.timeout);

  const context: Context = {
    ...shared,
    wire,
    baseURL: target.baseURL,
    apiKey: target.apiKey,
    async request(method, path, options) {
      const { response, exchange } = await wire.send(method, path, options);
      exchange.text = await response.text().catch((error: unknown) => {
        throw new CheckFailure(
          `the answer to ${method} ${path} broke off`,
          'a whole answer',
          String(error),
          exchange,
        );
      });
      return new Answer(exchange);
    },
    get: (path, query) => context.request('GET', path, { query }),
    post: (path, body, query) => context.request('POST', path, { body, query }),
    delete: (path) => context.request('DELETE', path),
    async open(path, body, options) {
      const { response, exchange } = await wire.send('POST', path, { ...options, body });
      if (response.status === 200 && response.headers.get('content-type')?.startsWith('text/event-stream'))
        return readStream(response, exchange);
      exchange.text = await response.text();
      throw new CheckFailure(
        `the answer to POST ${exchange.path} is no event stream`,
        { status: 200, 'content-type': 'text/event-stream' },
        {
          status: response.status,
          'content-type': response.headers.get('content-type'),
          body: exchange.text,
        },
        exchange,
      );
    },
    stream: async (path, body, options) => (await context.open(path, body, options)).rest(),
    prompt(...script) {
      if (session.mode === 'scripted') return `Do as the script says. ${notation(script)}`;
      const words = inWords(script);
      return words ?? context.notApplicable('needs a model that follows scripts');
    },
    once<T>(name: string, make: (context: Context) => Promise<T>) {
      const known = fixtures.get(name);
      if (known) return known as Promise<T>;
      const own = createContext(session);
      fixtureWires.push(own.wire);
      const made = preparing(() => make(own));
      fixtures.set(name, made);
      // A check that is tried again makes it again.
      made.catch(() => fixtures.delete(name));
      return made;
    },
    notApplicable(reason) {
      throw new NotApplicable(reason);
    },
  };
  return context;
}
