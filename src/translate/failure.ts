/** What went wrong upstream, in the words of a run (§2.3, §4.6). */
import type { LastError } from '../assistants/types.ts';
import { type Json, object, text } from './read.ts';
import type { Ending } from './types.ts';

/** What is known of a failure; `status` is the HTTP status where there was one. */
export interface UpstreamError {
  status?: number;
  code?: string | null;
  type?: string | null;
  message: string;
}

const RATE_LIMIT: ReadonlySet<string> = new Set([
  'rate_limit_exceeded',
  'insufficient_quota',
  'too_many_requests',
  // DashScope's (docs/contracts/dashscope.md §A.11); an account in arrears is its exhausted quota.
  'LimitRequests',
  'Arrearage',
  'PrepaidBillOverdue',
  'PostpaidBillOverdue',
  'CommodityNotPurchased',
]);
const RATE_LIMIT_TYPES: ReadonlySet<string> = new Set([
  'tokens',
  'requests',
  'insufficient_quota',
  'rate_limit_error',
]);

/** `Throttling.RateQuota` and its like (dashscope §A.11). */
const RATE_LIMIT_FAMILIES = /^(Throttling|AllocationQuota)(\.|$)/;
/** DashScope calls it a server_error and says it in words (dashscope §C.7). */
const RATE_LIMIT_IN_WORDS = /\brate limit exceeded\b/i;

/** The prompt itself was refused, by a safety system or by a rule of the provider. `content_filter` is Azure's word. */
const REFUSED_PROMPT: ReadonlySet<string> = new Set([
  'invalid_prompt',
  'bio_policy',
  'data_residency_mismatch',
  'image_content_policy_violation',
  'content_policy_violation',
  'content_filter',
  'DataInspectionFailed',
  'data_inspection_failed',
]);

/** Providers that have no code for it say it in words. */
const CONTEXT_OVERFLOW =
  /maximum context length|context[ _]length[ _]exceeded|exceeds the context window|context window of this model/i;

/** Whether the thread is too long for the model: worth another try with fewer messages (§4.6). */
export function isContextOverflow(error: UpstreamError): boolean {
  if (error.code === 'context_length_exceeded') return true;
  const clientSide = error.status === undefined || error.status === 400 || error.status === 413;
  return clientSide && !error.code && CONTEXT_OVERFLOW.test(error.message);
}

/** What an event of a stream says went wrong: `error`, flat or wrapped, or a response that failed (§4.6). */
export function failureIn(event: unknown): UpstreamError | undefined {
  const raw = object(event) ?? {};
  const response = object(raw.response);
  if (response)
    return response.status === 'failed' || raw.type === 'response.failed'
      ? failureFrom(object(response.error) ?? {})
      : undefined;
  return raw.type === 'error' ? failureFrom(object(raw.error) ?? raw) : undefined;
}

/** The `error` of a response or of an event. */
export function failureFrom(error: Json): UpstreamError {
  return {
    code: text(error.code) || null,
    type: error.type === 'error' ? null : text(error.type) || null,
    message: text(error.message),
  };
}

/** `last_error.code` of a run (§2.3). */
export function lastErrorCode(error: UpstreamError): LastError['code'] {
  const code = error.code ?? '';
  const limited =
    RATE_LIMIT.has(code) ||
    RATE_LIMIT_FAMILIES.test(code) ||
    RATE_LIMIT_TYPES.has(error.type ?? '') ||
    error.status === 429 ||
    (code === 'server_error' && RATE_LIMIT_IN_WORDS.test(error.message));
  if (limited) {
    return 'rate_limit_exceeded';
  }
  return REFUSED_PROMPT.has(code) ? 'invalid_prompt' : 'server_error';
}

const UNKNOWN_MODEL: ReadonlySet<string> = new Set([
  'model_not_found',
  'model_not_supported',
  'ModelNotFound',
]);

/** Whether the upstream has no such model (§4.6; dashscope §C.9 has no code of its own for it). */
export function isUnknownModel({
  status,
  code,
  message,
  param,
}: UpstreamError & { param?: string | null }): boolean {
  if (status !== 404 && status !== 400) return false;
  return (
    UNKNOWN_MODEL.has(code ?? '') ||
    (status === 404 && param === 'model') ||
    (code === 'InvalidParameter' && /\bunsupported model\b/i.test(message))
  );
}

/** Keys in the text of an error must not reach a run object, which is stored and shown: only their kind stays readable. */
export function maskSecrets(message: string): string {
  return message
    .replace(/\b(sk|rk|pk|sess|ek)-[\w*.-]*[\w*]/g, '$1-***')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/*-]{8,}=*/gi, '$1 ***')
    .replace(/\b(api[-_ ]?key["']?\s*[:=]\s*["']?)[\w*.-]+/gi, '$1***');
}

/** Said where an upstream gives no reason; the original said it nearly always (§2.3). */
export const NO_REASON = 'Sorry, something went wrong.';

/**
 * How a run ends after an upstream failure: `failed` with the upstream's own message, or `incomplete`
 * (`max_prompt_tokens`) where the thread did not fit into the model's context (§4.6).
 */
export function failureOf(error: UpstreamError): { ending: Ending } {
  if (isContextOverflow(error)) return { ending: { status: 'incomplete', reason: 'max_prompt_tokens' } };
  const message = maskSecrets(error.message.trim()) || NO_REASON;
  return { ending: { status: 'failed', last_error: { code: lastErrorCode(error), message } } };
}

/** A step knows two of the three codes (§2.3). */
export function stepError(error: LastError): {
  code: 'server_error' | 'rate_limit_exceeded';
  message: string;
} {
  return {
    code: error.code === 'rate_limit_exceeded' ? 'rate_limit_exceeded' : 'server_error',
    message: error.message,
  };
}
