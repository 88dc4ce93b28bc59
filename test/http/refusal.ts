import { ApiError } from '../../src/assistants/errors.ts';

/** The envelope's members of what is thrown; fails when nothing is thrown, or anything but an `ApiError`. */
export function refusalOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, type, message, param, code } = error;
    return { status, type, message, param, code };
  }
  throw new Error('nothing was refused');
}

/** A refusal by the validator: all of them are 400 invalid_request_error (§2.9). */
export function invalid(message: string, param: string | null, code: string | null) {
  return { status: 400, type: 'invalid_request_error', message, param, code };
}
