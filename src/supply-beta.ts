/**
 * Should an SDK come without `beta.assistants` and `beta.threads`, they are supplied from rethread's own copy of the SDK.
 * Only the resources are: what they send goes through the client itself, so that its key, its retries and its error
 * classes are in force.
 */
import type OpenAI from 'openai';
import { OptionsError } from './options.ts';

interface ClientInside {
  beta?: { assistants?: unknown; threads?: unknown };
}

/** Leaves a client that has both as it is. @throws OptionsError where the SDK cannot be loaded at once */
export function supplyBeta(client: object): void {
  const inside = client as ClientInside;
  if (inside.beta?.assistants && inside.beta.threads) return;
  const { Beta } = loadSdk();
  const caller = callerOf(client);
  inside.beta ??= {};
  inside.beta.assistants ??= new Beta.Assistants(caller);
  inside.beta.threads ??= new Beta.Threads(caller);
}

type Options = { headers?: unknown } | undefined;
type Call = (path: string, ...rest: unknown[]) => unknown;

/** What resources call on their client. */
const CALLS: ReadonlySet<PropertyKey> = new Set(['get', 'post', 'put', 'patch', 'delete', 'getAPIList']);

/** The client as the resources see it: its methods called on itself, with headers that any major reads. */
function callerOf(client: object): OpenAI {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || !CALLS.has(name)) return member;
      return (path: string, ...rest: unknown[]) => {
        const options = rest.pop() as Options;
        return (member as Call).call(target, path, ...rest, options && withPlainHeaders(options));
      };
    },
  }) as OpenAI;
}

/** Each copy of the SDK keeps headers in a form that only it knows: present ones, and names to be left out. */
function withPlainHeaders(options: NonNullable<Options>): NonNullable<Options> {
  const { values, nulls } = (options.headers ?? {}) as { values?: unknown; nulls?: Iterable<string> };
  if (!(values instanceof Headers)) return options;
  const absent = [...(nulls ?? [])].map((name) => [name, null]);
  return { ...options, headers: Object.fromEntries([...values, ...absent]) };
}

/** Loaded only here, and at once: the resources have to be there when `withAssistants` returns. */
function loadSdk(): typeof OpenAI {
  const module = globalThis.process?.getBuiltinModule?.('node:module');
  if (!module) {
    throw new OptionsError(
      'This client has no beta.assistants and beta.threads, and rethread can supply them on Node only.',
    );
  }
  return module.createRequire(import.meta.url)('openai').OpenAI;
}
