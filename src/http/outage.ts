/** What a client is told while the store, or the queue, is away: to ask again after a second. */
import { ApiError } from '../assistants/errors.ts';
import { isOutage } from '../store/errors.ts';

/** Undefined for every other error. */
export function outage(error: unknown): ApiError | undefined {
  if (!isOutage(error)) return undefined;
  return new ApiError('The server cannot reach its data at the moment. Please try again.', {
    status: 503,
    type: 'server_error',
    headers: { 'retry-after': '1' },
  });
}
