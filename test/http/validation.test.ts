import { describe, expect, test } from 'vitest';
import {
  assistantCreate,
  assistantUpdate,
  messageCreate,
  messageUpdate,
  runCreate,
  runUpdate,
  submitToolOutputs,
  threadCreate,
} from '../../src/http/openai/schemas.ts';
import { validate } from '../../src/http/openai/validation.ts';
import { invalid, refusalOf } from './refusal.ts';

const user = (content: unknown) => ({ role: 'user', content });

describe('§2.9: the sentences of the validator', () => {
  test('no. 14: a required parameter that is missing is named', () => {
    expect(refusalOf(() => validate(runCreate, {}))).toEqual(
      invalid("Missing required parameter: 'assistant_id'.", 'assistant_id', 'missing_required_parameter'),
    );
    expect(refusalOf(() => validate(submitToolOutputs, {}))).toEqual(
      invalid("Missing required parameter: 'tool_outputs'.", 'tool_outputs', 'missing_required_parameter'),
    );
    expect(refusalOf(() => validate(threadCreate, { messages: [user('a'), { role: 'user' }] }))).toEqual(
      invalid(
        "Missing required parameter: 'messages[1].content'.",
        'messages[1].content',
        'missing_required_parameter',
      ),
    );
  });

  test('no. 15: an unknown key is named by its path', () => {
    expect(refusalOf(() => validate(threadCreate, { role: 'user', metadata: {} }))).toEqual(
      invalid("Unknown parameter: 'role'.", 'role', 'unknown_parameter'),
    );
    expect(refusalOf(() => validate(threadCreate, { messages: [{ ...user('a'), foo: 1 }] }))).toEqual(
      invalid("Unknown parameter: 'messages[0].foo'.", 'messages[0].foo', 'unknown_parameter'),
    );
  });

  test('no. 15: what version 1 called file_ids is unknown', () => {
    expect(refusalOf(() => validate(assistantCreate, { model: 'gpt-4o', file_ids: ['file-1'] }))).toEqual(
      invalid("Unknown parameter: 'file_ids'.", 'file_ids', 'unknown_parameter'),
    );
    expect(refusalOf(() => validate(messageCreate, { ...user('a'), file_ids: [] }))).toEqual(
      invalid("Unknown parameter: 'file_ids'.", 'file_ids', 'unknown_parameter'),
    );
  });

  test('no. 15, §2.8: messages and runs can have their metadata modified and nothing else', () => {
    for (const schema of [messageUpdate, runUpdate]) {
      expect(validate(schema, { metadata: { a: 'b' } })).toEqual({ metadata: { a: 'b' } });
      expect(refusalOf(() => validate(schema, { metadata: {}, content: 'x' }))).toEqual(
        invalid("Unknown parameter: 'content'.", 'content', 'unknown_parameter'),
      );
    }
  });

  test("no. 16: two values are joined by 'and'", () => {
    expect(refusalOf(() => validate(messageCreate, { role: 'human', content: 'x' }))).toEqual(
      invalid(
        "Invalid value: 'human'. Supported values are: 'user' and 'assistant'.",
        'role',
        'invalid_value',
      ),
    );
  });

  test("no. 16: three values have commas, also before 'and'; a union reports its type, as for version 1's retrieval", () => {
    expect(
      refusalOf(() => validate(assistantCreate, { model: 'm', tools: [{ type: 'retrieval' }] })),
    ).toEqual(
      invalid(
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
        'tools[0].type',
        'invalid_value',
      ),
    );
  });

  test('no. 14: a union without its type misses it', () => {
    expect(refusalOf(() => validate(assistantCreate, { model: 'm', tools: [{}] }))).toEqual(
      invalid("Missing required parameter: 'tools[0].type'.", 'tools[0].type', 'missing_required_parameter'),
    );
  });

  const metadataOf = (value: unknown) => () => validate(messageUpdate, { metadata: { modified: value } });
  test.each([
    [true, 'a boolean'],
    [7, 'an integer'],
    [1.5, 'a decimal number'],
    [null, 'null'],
    [[], 'an array'],
    [{}, 'an object'],
  ])('no. 17: metadata takes strings only: %j is %s', (value, word) => {
    expect(refusalOf(metadataOf(value))).toEqual(
      invalid(
        `Invalid type for 'metadata.modified': expected a string, but got ${word} instead.`,
        'metadata.modified',
        'invalid_type',
      ),
    );
  });

  test.each([
    ['model', 5, 'a string', 'an integer'],
    ['temperature', '1', 'a decimal', 'a string'],
    ['tools', {}, 'an array of objects', 'an object'],
    ['tools[0]', 'file_search', 'an object', 'a string'],
    ['tools[0]', [], 'an object', 'an array'],
    ['tools[0].type', 1, "one of 'code_interpreter', 'file_search', or 'function'", 'an integer'],
    ['metadata', 'x', 'an object', 'a string'],
    ['response_format', 3, "one of 'auto' or object", 'an integer'],
    [
      'reasoning_effort',
      2,
      "one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max'",
      'an integer',
    ],
  ])('no. 17: %s = %j: expected %s, but got %s', (param, value, expected, got) => {
    const body: Record<string, unknown> = { model: 'm' };
    if (param === 'tools[0]') body['tools'] = [value];
    else if (param === 'tools[0].type') body['tools'] = [{ type: value }];
    else body[param] = value;
    expect(refusalOf(() => validate(assistantCreate, body))).toEqual(
      invalid(
        `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`,
        param,
        'invalid_type',
      ),
    );
  });

  test('no. 17: content is one of a string or array of objects', () => {
    for (const [value, word] of [
      [null, 'null'],
      [{}, 'an object'],
    ] as const)
      expect(refusalOf(() => validate(messageCreate, user(value)))).toEqual(
        invalid(
          `Invalid type for 'content': expected one of a string or array of objects, but got ${word} instead.`,
          'content',
          'invalid_type',
        ),
      );
  });

  test('no. 17: a decimal is not an integer', () => {
    expect(refusalOf(() => validate(runCreate, { assistant_id: 'asst_1', max_prompt_tokens: 1.5 }))).toEqual(
      invalid(
        "Invalid type for 'max_prompt_tokens': expected an integer, but got a decimal number instead.",
        'max_prompt_tokens',
        'invalid_type',
      ),
    );
  });

  test('no. 17: a body that is no object', () => {
    expect(refusalOf(() => validate(threadCreate, []))).toEqual(
      invalid(
        'Invalid type for the request body: expected an object, but got an array instead.',
        null,
        'invalid_type',
      ),
    );
  });

  test('no. 18: a string above its maximum length', () => {
    expect(refusalOf(() => validate(messageCreate, user('x'.repeat(317_985))))).toEqual(
      invalid(
        "Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with length 317985 instead.",
        'content',
        'string_above_max_length',
      ),
    );
  });

  test('an empty string where there must be something', () => {
    expect(refusalOf(() => validate(messageCreate, user('')))).toEqual(
      invalid(
        "Invalid 'content': empty string. Expected a string with minimum length 1, but got an empty string instead.",
        'content',
        'empty_string',
      ),
    );
  });

  test('no. 19: an array above its maximum length, whatever its elements are', () => {
    expect(
      refusalOf(() => validate(assistantCreate, { model: 'm', tools: Array(217).fill('rubbish') })),
    ).toEqual(
      invalid(
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 217 instead.",
        'tools',
        'array_above_max_length',
      ),
    );
    expect(refusalOf(() => validate(threadCreate, { messages: Array(33).fill(user('a')) }))).toEqual(
      invalid(
        "Invalid 'messages': array too long. Expected an array with maximum length 32, but got an array with length 33 instead.",
        'messages',
        'array_above_max_length',
      ),
    );
  });

  test('an empty array where there must be something', () => {
    expect(refusalOf(() => validate(messageCreate, user([])))).toEqual(
      invalid(
        "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        'content',
        'empty_array',
      ),
    );
  });

  test('no. 20: numbers out of bounds, integers and decimals in their own words', () => {
    const body = (field: string, value: number) => () =>
      validate(runCreate, { assistant_id: 'asst_1', [field]: value });
    expect(refusalOf(body('max_completion_tokens', 0))).toEqual(
      invalid(
        "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        'max_completion_tokens',
        'integer_below_min_value',
      ),
    );
    expect(refusalOf(body('temperature', 3))).toEqual(
      invalid(
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
        'temperature',
        'decimal_above_max_value',
      ),
    );
    expect(refusalOf(body('top_p', -0.5))).toEqual(
      invalid(
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
        'top_p',
        'decimal_below_min_value',
      ),
    );
  });

  test('a function name that does not match its pattern', () => {
    const tools = [{ type: 'function', function: { name: 'get weather' } }];
    expect(refusalOf(() => validate(assistantCreate, { model: 'm', tools }))).toEqual(
      invalid(
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        'tools[0].function.name',
        'invalid_value',
      ),
    );
  });

  test('no. 13: a file id is told by its prefix', () => {
    const attachments = [{ file_id: '31abac64-0000', tools: [{ type: 'file_search' }] }];
    expect(refusalOf(() => validate(threadCreate, { messages: [{ ...user('a'), attachments }] }))).toEqual(
      invalid(
        "Invalid 'messages[0].attachments[0].file_id': '31abac64-0000'. Expected an ID that begins with 'file'.",
        'messages[0].attachments[0].file_id',
        'invalid_value',
      ),
    );
  });
});

describe('metadata (§1.6)', () => {
  const update = (metadata: unknown) => () => validate(assistantUpdate, { metadata });

  test('takes 16 pairs with keys of 64 and values of 512 characters', () => {
    const pairs = Object.fromEntries(
      Array.from({ length: 16 }, (_, i) => [`${i}`.padStart(64, 'k'), 'v'.repeat(512)]),
    );
    expect(update(pairs)()).toEqual({ metadata: pairs });
  });

  test('refuses the 17th pair', () => {
    const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));
    expect(refusalOf(update(pairs))).toEqual(
      invalid(
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
        'metadata',
        'object_above_max_properties',
      ),
    );
  });

  test('refuses a key of 65 characters, shortened in the sentence and whole in param', () => {
    const key = 'k'.repeat(65);
    expect(refusalOf(update({ [key]: 'v' }))).toEqual(
      invalid(
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
        `metadata.${key}`,
        'property_name_above_max_length',
      ),
    );
  });

  test('refuses a value of 513 characters', () => {
    expect(refusalOf(update({ k: 'v'.repeat(513) }))).toEqual(
      invalid(
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
        'metadata.k',
        'string_above_max_length',
      ),
    );
  });

  test('counts characters, not UTF-16 units', () => {
    const emoji = '🧪'.repeat(512);
    expect(update({ k: emoji })()).toEqual({ metadata: { k: emoji } });
    expect(refusalOf(update({ k: `${emoji}🧪` })).message).toContain('got a string with length 513');
  });

  test('null clears it, and what was not sent stays undefined', () => {
    expect(update(null)()).toEqual({ metadata: null });
    expect(validate(assistantUpdate, {})).toEqual({});
  });
});

describe('which problem is reported', () => {
  test('only the first, in the order of the schema', () => {
    const body = { temperature: 9, model: 5, name: 7 };
    expect(refusalOf(() => validate(assistantCreate, body)).param).toBe('model');
  });

  test('a missing parameter before an unknown one, so that a misspelt name is told by what is missing', () => {
    expect(refusalOf(() => validate(runCreate, { assistantId: 'asst_1' })).param).toBe('assistant_id');
  });

  test('of several unknown keys the one that was sent first', () => {
    expect(refusalOf(() => validate(threadCreate, { b: 1, a: 2 })).param).toBe('b');
  });

  test('of an array the first bad element', () => {
    const messages = [user('a'), { ...user('a'), foo: 1 }, {}];
    expect(refusalOf(() => validate(threadCreate, { messages })).param).toBe('messages[1].foo');
  });
});
