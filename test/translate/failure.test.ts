import { describe, expect, it } from 'vitest';
import { failureOf, maskSecrets, stepError } from '../../src/translate/failure.ts';

const codeOf = (error: Parameters<typeof failureOf>[0]) => {
  const { ending } = failureOf(error);
  return ending.status === 'failed' ? ending.last_error.code : ending.status;
};

describe('§4.6 upstream failures as endings of a run', () => {
  it.each([
    ['server_error', 'server_error'],
    ['vector_store_timeout', 'server_error'],
    ['something_new', 'server_error'],
    ['rate_limit_exceeded', 'rate_limit_exceeded'],
    ['insufficient_quota', 'rate_limit_exceeded'],
    ['invalid_prompt', 'invalid_prompt'],
    ['bio_policy', 'invalid_prompt'],
    ['data_residency_mismatch', 'invalid_prompt'],
    ['image_content_policy_violation', 'invalid_prompt'],
    ['content_filter', 'invalid_prompt'],
    ['invalid_image', 'server_error'],
    ['image_too_large', 'server_error'],
    ['failed_to_download_image', 'server_error'],
  ])('code %s fails the run with %s', (code, expected) => {
    expect(codeOf({ code, message: 'x' })).toBe(expected);
  });

  it('HTTP 429 is a rate limit, by status or by type', () => {
    expect(codeOf({ status: 429, message: 'x' })).toBe('rate_limit_exceeded');
    expect(codeOf({ type: 'tokens', message: 'x' })).toBe('rate_limit_exceeded');
  });

  it('keeps the upstream’s message', () => {
    expect(failureOf({ code: 'server_error', message: 'The model broke.' }).ending).toEqual({
      status: 'failed',
      last_error: { code: 'server_error', message: 'The model broke.' },
    });
  });

  it('§2.3 says what the original said where the upstream says nothing', () => {
    expect(failureOf({ message: '' }).ending).toMatchObject({
      last_error: { message: 'Sorry, something went wrong.' },
    });
  });

  it.each([
    { status: 400, code: 'context_length_exceeded', message: 'x' },
    { status: 400, message: "This model's maximum context length is 8192 tokens." },
    { message: 'Your input exceeds the context window of this model.' },
  ])('a prompt that is too long for the model is incomplete, not failed: %j', (error) => {
    expect(failureOf(error).ending).toEqual({ status: 'incomplete', reason: 'max_prompt_tokens' });
  });

  it.each([
    ['Incorrect API key provided: sk-proj-abc_DEF-123. See', 'Incorrect API key provided: sk-***. See'],
    ['Incorrect API key provided: sk-abc*****wxyz.', 'Incorrect API key provided: sk-***.'],
    ['Authorization: Bearer eyJhbGciOi.x-y_z failed', 'Authorization: Bearer *** failed'],
    ['api-key: 0123456789abcdef refused', 'api-key: *** refused'],
  ])('no key gets into a stored object: %s', (message, masked) => {
    expect(maskSecrets(message)).toBe(masked);
  });

  it.each([
    'Rate limit reached for gpt-4o in organization org-abc on tokens per min (TPM): Limit 30000.',
    'The risk-free task-list bearer of news',
    'Incorrect API key provided.',
  ])('leaves other text alone: %s', (message) => {
    expect(maskSecrets(message)).toBe(message);
  });

  it('§2.3 a step has no invalid_prompt', () => {
    expect(stepError({ code: 'invalid_prompt', message: 'x' })).toEqual({
      code: 'server_error',
      message: 'x',
    });
    expect(stepError({ code: 'rate_limit_exceeded', message: 'x' }).code).toBe('rate_limit_exceeded');
  });
});
