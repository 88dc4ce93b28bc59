/** Who may call the simulator, and what is there. */
import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/simulator/index.ts';
import { call } from './connect.ts';

describe('Who may call', () => {
  it('nobody without a key', async () => {
    const response = await createSimulator().fetch('http://simulator.test/v1/models');
    expect(response.status).toBe(401);
    expect((await response.json()).error).toMatchObject({ type: 'invalid_request_error', code: null });
  });

  it('a client with the key, also in the header of Azure', async () => {
    const sim = createSimulator({ apiKey: ['sk-one', 'sk-two'] });
    const bearer = await call(sim, 'GET', '/models', undefined, { authorization: 'Bearer sk-two' });
    expect(bearer.status).toBe(200);
    const azure = await sim.fetch('http://azure.test/openai/v1/models?api-version=preview', {
      headers: { 'api-key': 'sk-one' },
    });
    expect(azure.status).toBe(200);
  });

  it('nobody who forwards the beta header of Assistants (§0.2), but for the calls with which SDKs send it', async () => {
    const beta = { 'openai-beta': 'assistants=v2' };
    const sim = createSimulator();
    const response = await call(sim, 'POST', '/responses', { model: 'gpt-4o', input: 'Hi' }, beta);
    expect(response.status).toBe(400);
    expect((await response.json()).error).toMatchObject({
      type: 'simulator_error',
      code: 'simulator_assistants_beta_header',
    });
    expect((await call(sim, 'POST', '/vector_stores', {}, beta)).status).toBe(200);
    const strictest = createSimulator({ betaHeader: 'everywhere' });
    expect((await call(strictest, 'POST', '/vector_stores', {}, beta)).status).toBe(400);
    const lenient = createSimulator({ betaHeader: 'nowhere' });
    expect((await call(lenient, 'GET', '/models', undefined, beta)).status).toBe(200);
  });
});

describe('What is not there', () => {
  it.each([
    ['GET', '/assistants'],
    ['POST', '/threads'],
    ['GET', '/responses'],
  ])('%s %s is a 404 with an envelope', async (method, path) => {
    const response = await call(createSimulator(), method, path, method === 'POST' ? {} : undefined);
    expect(response.status).toBe(404);
    expect((await response.json()).error).toEqual({
      message: `Invalid URL (${method} /v1${path})`,
      type: 'invalid_request_error',
      param: null,
      code: null,
    });
  });
});

describe('GET /models', () => {
  it('lists them and gives one', async () => {
    const sim = createSimulator({ models: { mine: { reasoning: true }, 'gpt-4o': false } });
    const { data } = await (await call(sim, 'GET', '/models')).json();
    const ids = data.map(({ id }: { id: string }) => id);
    expect(ids).toContain('mine');
    expect(ids).toContain('gpt-4o-mini');
    expect(ids).not.toContain('gpt-4o');
    expect(await (await call(sim, 'GET', '/models/mine')).json()).toMatchObject({
      id: 'mine',
      object: 'model',
    });
    expect((await call(sim, 'GET', '/models/gpt-4o')).status).toBe(404);
  });
});
