/** One web-standard handler for all that rethread answers; its doors are in docs/architecture.md. */

import { dashScopeDialect } from './dashscope/index.ts';
import { openaiDialect } from './openai/index.ts';
import { inDashScope } from './refuse.ts';
import type { Identity, Service } from './service.ts';

export type Handler = (request: Request, identity: Identity) => Promise<Response>;

/** Every failure comes back as an answer: the handler never rejects. */
export function createHandler(service: Service): Handler {
  const dialects = { openai: openaiDialect(service), dashscope: dashScopeDialect(service) };
  return (request, identity) =>
    dialects[inDashScope(request, identity) ? 'dashscope' : 'openai'].fetch(request, identity);
}
