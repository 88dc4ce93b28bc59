/**
 * The Assistants API inside a Next.js app, at /v1: `app/v1/[...path]/route.ts`.
 *
 *     npm install rethread
 *
 * Clients use `baseURL: 'https://your-app.example/v1'`. Put your own check of who they are where it says so.
 */
import { type Assistants, createAssistants } from 'rethread';

// On the Node.js runtime, where a store can be opened.
export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
// As long as your platform lets a streamed run go on, in seconds.
export const maxDuration = 300;

// In development this module is loaded again after each change; the store stays open.
const kept = globalThis as { assistants?: Assistants };
kept.assistants ??= createAssistants({ store: process.env.RETHREAD_STORE ?? 'file:.rethread' });
const { assistants } = kept as { assistants: Assistants };

function handle(request: Request): Promise<Response> {
  // Who may come in? Return your own 401 here. Without an Authorization of their own callers spend OPENAI_API_KEY.
  return assistants.fetch(request);
}

export { handle as DELETE, handle as GET, handle as POST };
