/** §1.2: what is asked of requests, and what answers carry in their headers. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../received.ts';
import { op } from './operations.ts';
import { aThread, plainRun, streamedRun } from './world.ts';

const withBeta = async (t: Context, beta: string | null) =>
  t.request('GET', `/threads/${await aThread(t)}`, { headers: { 'openai-beta': beta } });

function header(answer: Answer, name: string, pattern: RegExp): void {
  const value = answer.headers.get(name);
  answer.holds(value !== null && pattern.test(value), `${name}: ${pattern}`, value);
}

const V2 = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

const beta = group(
  {
    dialect: 'openai',
    area: 'headers',
    operation: op.getThread,
    evidence: ['ISS'],
  },
  [
    {
      id: 'headers.beta.missing',
      section: '§2.9 #24',
      title: 'A request without the OpenAI-Beta header is refused, and told which header to set.',
      async run(t) {
        (await withBeta(t, null)).error({
          status: 400,
          message: `You must provide the 'OpenAI-Beta' header to access the Assistants API. ${V2}`,
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_beta',
        });
      },
    },
    {
      id: 'headers.beta.malformed',
      section: '§2.9 #25',
      evidence: ['CODE'],
      title: 'A beta that is no name=version is refused, quoted.',
      async run(t) {
        (await withBeta(t, 'v1')).error({
          status: 400,
          message:
            "Invalid beta header provided: 'v1'. The header should be in the format 'OpenAI-Beta: example_beta=v1'.",
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_beta',
        });
      },
    },
    {
      id: 'headers.beta.unknown',
      section: '§2.9 #25',
      evidence: ['CODE'],
      title: 'An unknown beta is refused.',
      async run(t) {
        (await withBeta(t, 'compat_unknown=v1')).error({
          status: 400,
          message: /^Unknown beta requested: 'compat_unknown(=v1)?'\.$/,
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_beta',
        });
      },
    },
    {
      id: 'headers.beta.v1',
      section: '§2.9 #26',
      title: 'Version 1 is refused as deprecated, and told to set version 2.',
      async run(t) {
        (await withBeta(t, 'assistants=v1')).error({
          status: 400,
          message:
            /^The v1 Assistants API has been deprecated\. Please try again by setting the header 'OpenAI-Beta: assistants=v2'\./,
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_beta',
        });
      },
    },
    {
      id: 'headers.beta.v2',
      section: '§1.2',
      evidence: ['SDK'],
      title: 'OpenAI-Beta: assistants=v2 is what SDKs send, and it is let in.',
      async run(t) {
        (await withBeta(t, 'assistants=v2')).ok().field('object', 'thread');
      },
    },
    {
      id: 'headers.beta.on-post',
      section: '§2.9 #24',
      operation: op.createThread,
      title: 'The beta header is asked for on POST too, before the body is looked at.',
      async run(t) {
        const answer = await t.request('POST', '/threads', {
          headers: { 'openai-beta': null },
          body: { x: 1 },
        });
        answer.error({ status: 400, param: null, code: 'invalid_beta' });
      },
    },
  ],
);

const authorization = group(
  { dialect: 'openai', area: 'headers', operation: op.listAssistants, evidence: ['SPEC'], needs: ['auth'] },
  [
    {
      id: 'headers.auth.wrong-key',
      section: '§2.9 #27',
      title: 'A wrong key is a 401 of code invalid_api_key, and only parts of the key are quoted.',
      async run(t) {
        const key = 'sk-compat-0123456789-not-a-key';
        const answer = await t.request('GET', '/assistants', { headers: { authorization: `Bearer ${key}` } });
        answer.error({
          status: 401,
          message:
            /^Incorrect API key provided: .+\. You can find your API key at https:\/\/platform\.openai\.com\/account\/api-keys\.$/,
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        });
        answer.holds(!answer.text('error.message').includes(key), 'a key that is not quoted whole');
      },
    },
    {
      id: 'headers.auth.no-key',
      section: '§1.2',
      title: 'A request without a key is a 401.',
      async run(t) {
        (await t.request('GET', '/assistants', { headers: { authorization: null } })).error({ status: 401 });
      },
    },
  ],
);

const answers = group(
  { dialect: 'openai', area: 'headers', section: '§1.2', evidence: ['REC-net'], operation: op.getThread },
  [
    {
      id: 'headers.json',
      title: 'Answers are application/json.',
      run: async (t) =>
        header(await t.get(`/threads/${await aThread(t)}`), 'content-type', /^application\/json\b/),
    },
    {
      id: 'headers.json-error',
      title: 'Errors are application/json.',
      run: async (t) =>
        header(await t.get('/threads/thread_doesnotexist0000000000'), 'content-type', /^application\/json\b/),
    },
    {
      id: 'headers.event-stream',
      operation: op.createRun,
      needs: ['model', 'streaming'],
      title: 'Streams are text/event-stream; charset=utf-8.',
      async run(t) {
        const stream = await streamedRun(t, [[{ say: 'Hello.' }]]);
        const type = stream.exchange.responseHeaders.get('content-type');
        const expected = 'text/event-stream; charset=utf-8';
        if (type?.toLowerCase() !== expected) stream.fail('its content-type differs', expected, type);
      },
    },
    {
      id: 'headers.request-id',
      evidence: ['REC-net', 'SDK'],
      title: 'Every answer has an x-request-id beginning with req_.',
      run: async (t) => header(await t.get(`/threads/${await aThread(t)}`), 'x-request-id', /^req_\w+$/),
    },
    {
      id: 'headers.request-id.error',
      evidence: ['SDK'],
      title: 'Errors have an x-request-id: SDKs show it as error.request_id.',
      run: async (t) =>
        header(await t.get('/threads/thread_doesnotexist0000000000'), 'x-request-id', /^req_\w+$/),
    },
    {
      id: 'headers.request-id.unique',
      evidence: ['REC-net'],
      title: 'No two answers have the same x-request-id.',
      async run(t) {
        const where = `/threads/${await aThread(t)}`;
        const first = (await t.get(where)).headers.get('x-request-id');
        const second = await t.get(where);
        const id = second.headers.get('x-request-id');
        second.holds(id !== null && id !== first, `an id other than ${first}`, id);
      },
    },
    {
      id: 'headers.version',
      title: 'openai-version is 2020-10-01.',
      run: async (t) => header(await t.get(`/threads/${await aThread(t)}`), 'openai-version', /^2020-10-01$/),
    },
    {
      id: 'headers.processing-ms',
      title: 'openai-processing-ms is a number of milliseconds.',
      run: async (t) => header(await t.get(`/threads/${await aThread(t)}`), 'openai-processing-ms', /^\d+$/),
    },
    {
      id: 'headers.poll-after',
      operation: op.getRun,
      section: '§5.1',
      evidence: ['SDK', 'INF'],
      needs: ['model'],
      title: 'openai-poll-after-ms, which the original never sent, is a positive integer where it is sent.',
      async run(t) {
        const { done } = await plainRun(t);
        const value = done.headers.get('openai-poll-after-ms');
        if (value === null) t.notApplicable('the endpoint does not send openai-poll-after-ms');
        header(done, 'openai-poll-after-ms', /^[1-9]\d*$/);
      },
    },
    {
      id: 'headers.poll-helper',
      operation: op.getRun,
      section: '§5.1',
      evidence: ['SDK', 'RUN'],
      needs: ['model'],
      title: 'The headers of poll helpers are accepted.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        const headers = { 'x-stainless-poll-helper': 'true', 'x-stainless-custom-poll-interval': '50' };
        const answer = await t.request('GET', `/threads/${threadId}/runs/${runId}`, { headers });
        answer.ok().field('status', 'completed');
      },
    },
    {
      id: 'headers.organization',
      evidence: ['SDK'],
      operation: op.createThread,
      title: 'OpenAI-Organization and OpenAI-Project are accepted.',
      async run(t) {
        const headers = { 'openai-organization': 'org-compat', 'openai-project': 'proj_compat' };
        const answer = await t.request('POST', '/threads', { headers, body: {} });
        if (answer.status === 401 || answer.status === 403)
          t.notApplicable('the endpoint checks organizations');
        answer.ok().field('object', 'thread');
        // It may be kept apart from what these headers were not sent with, where tidying up does not look.
        await t.request('DELETE', `/threads/${answer.text('id')}`, { headers });
      },
    },
  ],
);

export const headers: Check[] = [...beta, ...authorization, ...answers];
