/**
 * Runs a program on the shim without touching it: the SDK it imports makes clients that are wrapped already, as if
 * `new OpenAI()` had become `withAssistants(new OpenAI())` wherever the program says it.
 */
import { type Assistants, createAssistants, type RethreadOptions, withAssistants } from '../../src/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';

/** What stands behind the programs of the test that runs now. */
export interface Stage {
  simulator: Simulator;
  assistants: Assistants;
}

const UPSTREAM = { baseURL: 'http://simulator.test/v1', apiKey: 'sk-simulator' };

/** The environment that the programs read. */
export const ENVIRONMENT = { OPENAI_BASE_URL: UPSTREAM.baseURL, OPENAI_API_KEY: UPSTREAM.apiKey };

/** A fresh upstream and a fresh store. */
export function createStage(options: RethreadOptions = {}): Stage {
  const simulator = createSimulator();
  const assistants = createAssistants({
    store: 'memory:',
    upstream: { ...UPSTREAM, fetch: simulator.fetch as typeof fetch },
    ...options,
  });
  return { simulator, assistants };
}

type Sdk = { OpenAI: new (options: Record<string, unknown>) => { baseURL: string } };

/** The module `openai` of any major, for `vi.mock`. */
export function withShim<Module extends object>(sdk: Module, stage: () => Stage): Module {
  const { OpenAI: Original } = sdk as unknown as Sdk;
  class OpenAI extends Original {
    constructor(options: Record<string, unknown> = {}) {
      const { simulator, assistants } = stage();
      super({ ...options, fetch: simulator.fetch });
      withAssistants(this, assistants);
    }
  }
  return { ...sdk, default: OpenAI, OpenAI };
}

/** Every route that the programs made the upstream see, each once, in order of first use. */
export function upstreamRoutes({ simulator }: Stage): string[] {
  const routes = simulator.requests.map(({ method, path }) => `${method} ${path.split('/')[1]}`);
  return [...new Set(routes)];
}
