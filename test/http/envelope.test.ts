import { describe, expect, test } from 'vitest';
import { ApiError, errors } from '../../src/assistants/errors.ts';
import {
  errorObject,
  errorResponse,
  newRequestId,
  unknownMethod,
  unknownRoute,
} from '../../src/http/openai/envelope.ts';
import { checkResponse } from '../schemas.ts';

describe('§2.9: the error envelope', () => {
  test('an ApiError keeps its status and says what it says', async () => {
    const response = errorResponse(errors.runWhileActive('thread_X', 'run_Y'), 'req_1');
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-request-id')).toBe('req_1');
    expect(await response.json()).toEqual({
      error: {
        message: 'Thread thread_X already has an active run run_Y.',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
  });

  test('an ApiError brings its own headers along', () => {
    const headers = { 'retry-after': '2', 'x-should-retry': 'false' };
    const response = errorResponse(new ApiError('Slow down', { status: 429, headers }), 'req_1');
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
  });

  test.each([
    new Error('connect ECONNREFUSED, key sk-secret'),
    'sk-secret',
    undefined,
    { status: 200, message: 'sk-secret' },
  ])('no. 29: of anything else that is thrown nothing is told', async (thrown) => {
    const response = errorResponse(thrown, 'req_abc');
    expect(response.status).toBe(500);
    // Without the header, SDKs retry a 500, which is what they should do.
    expect(response.headers.has('x-should-retry')).toBe(false);
    const body = await response.json();
    checkResponse('GET', '/threads/thread_1', 500, body);
    expect(body).toEqual({
      error: {
        message:
          'The server had an error processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_abc in your email.)',
        type: 'server_error',
        param: null,
        code: null,
      },
    });
  });

  test('a lone surrogate in a message does not break the body', async () => {
    const response = errorResponse(new ApiError('bad \ud800 text', { status: 400 }), 'req_1');
    expect(JSON.parse(await response.text()).error.message).toBe('bad \ud800 text');
  });

  test('routes and methods that do not exist', () => {
    expect(errorObject(unknownRoute('POST', '/v1/thread'), 'req_1').error.message).toBe(
      'Invalid URL (POST /v1/thread)',
    );
    expect(unknownRoute('POST', '/v1/thread').status).toBe(404);
    expect(unknownMethod('PUT', '/v1/threads').message).toBe('Invalid method for URL (PUT /v1/threads)');
    expect(unknownMethod('PUT', '/v1/threads').status).toBe(405);
  });
});

test('§1.3: request ids are req_ and 32 hex digits, each its own', () => {
  const ids = new Set(Array.from({ length: 100 }, newRequestId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{32}$/);
});
