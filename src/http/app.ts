/** One web-standard handler for all that rethread answers (DESIGN §2). */
import type { Caller } from '../upstream/client.ts';
import { openaiDialect } from './openai/index.ts';
import type { Service } from './service.ts';

export type Handler = (request: Request, caller?: Caller) => Promise<Response>;

/** Every failure comes back as an answer: the handler never rejects. */
export function createHandler(service: Service): Handler {
  const openai = openaiDialect(service);
  return async (request, caller) => openai.fetch(request, caller ? { caller } : {});
}
