import { describe, expect, test } from 'vitest';
import { checkBetaHeader, isV4Js, responseHeaders } from '../../src/http/openai/headers.ts';
import { invalid, refusalOf } from './refusal.ts';

const beta = (value?: string) => () =>
  checkBetaHeader(new Headers(value === undefined ? {} : { 'OpenAI-Beta': value }));

describe('§2.9: the OpenAI-Beta header', () => {
  test.each(['assistants=v2', ' assistants=v2 ', 'realtime=v1, assistants=v2', 'foo, assistants=v2'])(
    'lets %j pass',
    (value) => {
      expect(beta(value)).not.toThrow();
    },
  );

  test('no. 24: it is missing, or asks for another API only', () => {
    const missing = invalid(
      "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
      null,
      'invalid_beta',
    );
    for (const value of [undefined, '', 'realtime=v1', 'responses=experimental'])
      expect(refusalOf(beta(value))).toEqual(missing);
  });

  test('no. 25: its form is wrong', () => {
    expect(refusalOf(beta('v1'))).toEqual(
      invalid(
        "Invalid beta header provided: 'v1'. The header should be in the format 'OpenAI-Beta: example_beta=v1'.",
        null,
        'invalid_beta',
      ),
    );
  });

  test('no. 25: nobody knows such a beta', () => {
    expect(refusalOf(beta('telepathy=v1')).message).toBe("Unknown beta requested: 'telepathy'.");
    expect(refusalOf(beta('assistants=v9')).message).toBe("Unknown beta requested: 'assistants=v9'.");
  });

  test('no. 26: version 1 is gone', () => {
    const refusal = refusalOf(beta('assistants=v1'));
    expect(refusal.message).toMatch(
      /^The v1 Assistants API has been deprecated\. Please try again by setting the header 'OpenAI-Beta: assistants=v2'\./,
    );
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_beta' });
  });
});

test('§1.2: answers carry version, processing time in whole milliseconds, and request id', () => {
  const headers = responseHeaders({ requestId: 'req_1', startedAt: performance.now() });
  expect(headers).toEqual({
    'openai-version': '2020-10-01',
    'openai-processing-ms': expect.stringMatching(/^\d+$/),
    'x-request-id': 'req_1',
  });
});

test.each([
  ['js', '4.104.0', true],
  ['js', '4.36.0', true],
  ['js', '5.23.2', false],
  ['js', '40.1.0', false],
  ['python', '4.0.0', false],
  [undefined, '4.0.0', false],
  ['js', undefined, false],
])('§3.3 (h): of lang %s and version %s, "is npm openai 4" is %s', (lang, version, expected) => {
  const headers = new Headers();
  if (lang) headers.set('x-stainless-lang', lang);
  if (version) headers.set('x-stainless-package-version', version);
  expect(isV4Js(headers)).toBe(expected);
});
