/** `describeCompatibility` puts an endpoint to the suite from inside somebody's own vitest. */
import OpenAI from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { checksOf, describeCompatibility } from '../../src/compat/index.ts';
import { API_KEY, rethread } from './rethread.ts';

const subject = rethread({ store: 'memory:' });
const fetch = (input: string | URL | Request, init?: RequestInit) =>
  subject.handler(new Request(input, init));
const client = new OpenAI({ apiKey: API_KEY, baseURL: 'http://rethread.test/v1', fetch });

describeCompatibility({ client, only: ['headers', '§1.4'], api: { describe, it, afterAll } });
afterAll(() => subject.close());

describe('describeCompatibility', () => {
  const registered = (only: string[]) => {
    const tests: { name: string; body: () => Promise<void> }[] = [];
    const api = {
      describe: (_: string, body: () => void) => body(),
      it: (name: string, body: () => Promise<void>) => tests.push({ name, body }),
    };
    const nothing = async () => Response.json({ error: { message: 'no' } }, { status: 404 });
    describeCompatibility({ handler: nothing, only, api });
    return tests;
  };

  it('registers a test for every check that is asked for', () => {
    const expected = checksOf('openai').filter(({ area }) => area === 'headers');
    expect(registered(['headers'])).toHaveLength(expected.length);
  });

  it('fails the test of a check that does not hold, with the request to repeat', async () => {
    const [test] = registered(['endpoints.threads.create']);
    await expect(test?.body()).rejects.toThrow(
      /its status is 404[\s\S]*expected {2}200[\s\S]*curl -sS -X POST/,
    );
  });

  it('refuses names of no check', () => {
    expect(() => registered(['nonsense'])).toThrow("no check is called 'nonsense'");
  });
});
