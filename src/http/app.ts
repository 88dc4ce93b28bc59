/** One web-standard handler for all that rethread answers; its doors are in docs/architecture.md. */

import * as dashscope from './dashscope/envelope.ts';
import { dashScopeDialect } from './dashscope/index.ts';
import { speaksDashScope } from './dashscope/route.ts';
import * as openai from './openai/envelope.ts';
import { openaiDialect } from './openai/index.ts';
import type { Identity, Service } from './service.ts';

export type Handler = (request: Request, identity: Identity) => Promise<Response>;

const inDashScope = (request: Request, identity?: Identity) =>
  (identity?.dialect ?? (speaksDashScope(request) ? 'dashscope' : 'openai')) === 'dashscope';

/** Every failure comes back as an answer: the handler never rejects. */
export function createHandler(service: Service): Handler {
  const dialects = { openai: openaiDialect(service), dashscope: dashScopeDialect(service) };
  return async (request, identity) =>
    dialects[inDashScope(request, identity) ? 'dashscope' : 'openai'].fetch(request, { identity });
}

/** The answer to a request that could not be handed to the handler, in the dialect that its client reads. */
export function refuse(request: Request, error: unknown, identity?: Identity): Response {
  const { errorResponse, newRequestId } = inDashScope(request, identity) ? dashscope : openai;
  return errorResponse(error, newRequestId());
}
