/** Requests per second through the gateway, against the smallest app on the same server. */
import autocannon from 'autocannon';
import { ratio, spawn, summary } from '../measure.ts';
import type { Row } from '../table.ts';

const ROUNDS = 6;

export async function gatewayRows(): Promise<Row[]> {
  const server = await spawn('./servers/gateway.ts');
  const { gateway, smallest } = JSON.parse(server.said) as { gateway: string; smallest: string };
  const headers = { 'openai-beta': 'assistants=v2', 'content-type': 'application/json' };
  const created = await fetch(`${gateway}/v1/threads`, { method: 'POST', headers, body: '{}' });
  const { id } = (await created.json()) as { id: string };
  const perSecond: Record<string, number[]> = { [gateway]: [], [smallest]: [] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const base of [gateway, smallest]) {
      const { requests, non2xx } = await autocannon({
        url: `${base}/v1/threads/${id}`,
        headers,
        connections: 50,
        duration: 2,
      });
      if (non2xx > 0) throw new Error(`${non2xx} answers of ${base} were no success.`);
      if (round >= 0) perSecond[base]?.push(requests.average);
    }
  }
  server.end();
  const [through, least] = [perSecond[gateway] ?? [], perSecond[smallest] ?? []];
  return [
    {
      what: 'GET /threads/{id} through the gateway, requests per second',
      reference: 'the smallest Hono app',
      base: `${summary(least).median.toFixed(0)} a second`,
      ratio: ratio(through, least),
      target: { least: 0.6 },
    },
  ];
}
