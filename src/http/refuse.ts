/** Answers to requests that no dialect's routes are asked about, in the dialect that their client reads. */
import * as dashscope from './dashscope/envelope.ts';
import { speaksDashScope } from './dashscope/route.ts';
import * as openai from './openai/envelope.ts';
import type { Identity } from './service.ts';

export const inDashScope = (request: Request, identity?: Identity) =>
  (identity?.dialect ?? (speaksDashScope(request) ? 'dashscope' : 'openai')) === 'dashscope';

/** The answer to a request that could not be handed to the handler. */
export function refuse(request: Request, error: unknown, identity?: Identity): Response {
  const { errorResponse, newRequestId } = inDashScope(request, identity) ? dashscope : openai;
  return errorResponse(error, newRequestId());
}
