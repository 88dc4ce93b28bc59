/** A gateway in process with the simulator behind it, called by several callers. */
import { onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';

/** Called with the keys `sk-one` and `sk-two`, which its upstream knows. */
export function gateway(options: GatewayOptions = {}, fetch?: Fetch) {
  const simulator = createSimulator({ apiKey: ['sk-one', 'sk-two', 'sk-upstream'] });
  const made = createGateway(
    { store: 'memory:', log: () => {}, ...options },
    fetch ?? (simulator.fetch as Fetch),
  );
  onTestFinished(() => made.close(0));
  const call = (
    method: string,
    path: string,
    key: string | undefined,
    body?: unknown,
    headers: Record<string, string> = {},
  ) =>
    made.fetch(
      new Request(`http://gateway.test${path}`, {
        method,
        headers: {
          ...(key && { authorization: `Bearer ${key}` }),
          ...(!path.startsWith('/api/') && { 'openai-beta': 'assistants=v2' }),
          'content-type': 'application/json',
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  const json = async (...args: Parameters<typeof call>) => (await call(...args)).json();
  return { made, simulator, call, json };
}
