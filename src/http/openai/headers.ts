/** What is read from and written to HTTP headers (§1.2). */
import { badRequest } from '../../assistants/errors.ts';

/** Betas that one client may ask for beside this one; they are other APIs' concern. */
const OTHER_BETAS = new Set(['agents', 'chatkit_beta', 'realtime', 'responses']);

const TRY_V2 = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

/**
 * Lets `OpenAI-Beta: assistants=v2` pass, also among other betas.
 * @throws ApiError 400 of code `invalid_beta` (§2.9 no. 24-26)
 */
export function checkBetaHeader(headers: Headers): void {
  const header = headers.get('openai-beta') ?? '';
  if (header === 'assistants=v2') return;
  const betas = header
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '');
  if (betas.includes('assistants=v2')) return;
  for (const beta of betas) {
    const [, name] = /^([\w-]+)=[\w.-]+$/.exec(beta) ?? [];
    if (name === undefined) {
      const format = "The header should be in the format 'OpenAI-Beta: example_beta=v1'.";
      throw invalidBeta(`Invalid beta header provided: '${beta}'. ${format}`);
    }
    if (beta === 'assistants=v1') throw invalidBeta(`The v1 Assistants API has been deprecated. ${TRY_V2}`);
    if (!OTHER_BETAS.has(name))
      throw invalidBeta(`Unknown beta requested: '${name === 'assistants' ? beta : name}'.`);
  }
  throw invalidBeta(`You must provide the 'OpenAI-Beta' header to access the Assistants API. ${TRY_V2}`);
}

const invalidBeta = (message: string) => badRequest(message, null, 'invalid_beta');

/** What every answer says of the request (§1.2). */
export function responseHeaders({
  requestId,
  startedAt,
}: {
  requestId: string;
  /** `performance.now()` when the request came in. */
  startedAt: number;
}): Record<string, string> {
  return {
    'openai-version': '2020-10-01',
    'openai-processing-ms': String(Math.max(0, Math.round(performance.now() - startedAt))),
    'x-request-id': requestId,
  };
}

/** Whether the client is npm `openai` 4, which does not know `thread.run.incomplete` (§3.3 h). */
export function isV4Js(headers: Headers): boolean {
  return (
    headers.get('x-stainless-lang') === 'js' &&
    (headers.get('x-stainless-package-version') ?? '').startsWith('4.')
  );
}
