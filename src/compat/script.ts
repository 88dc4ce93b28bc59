/**
 * What a check wants the model to do, as data, and how the model is told.
 *
 * A model that is scripted reads the script out of its prompt: the JSON between {@link OPEN} and {@link CLOSE} in the last
 * user message, or else in the instructions. It is an array of turns; the n-th answers the n-th request of the run (one
 * more than there are rounds of function outputs after the last user message). A simulator that does this makes every
 * check possible, whatever the endpoint is written in and wherever it runs. Any other model is told in plain words.
 */

export const OPEN = '<compat-script>';
export const CLOSE = '</compat-script>';

/** One thing the model does. */
export type Piece =
  /**
   * A message, cut into these deltas. `citations`: positions in the text (its markers are not part of it). `files`: names of
   * files that the code before it wrote, and that come with the message.
   */
  | {
      say: string;
      deltas?: string[];
      citations?: { at: number; file_id: string; filename: string }[];
      files?: string[];
    }
  /** Function calls, made in parallel. */
  | { call: { name: string; arguments?: Record<string, unknown> }[] }
  /** Code that is run: what it prints, a picture that it shows and saves as plot.png, a file it writes. */
  | { code: string; logs?: string; image?: boolean; file?: { path: string; content: string } }
  /** A file search and what it finds. */
  | { search: { file_id: string; filename: string; text: string }[] }
  | { refuse: string }
  /** The response fails with a code of the Responses API. */
  | { fail: 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt'; message: string }
  /** Every request is refused with 429. */
  | { rateLimit: string }
  | { incomplete: 'max_output_tokens' | 'content_filter' }
  /** Nothing more comes. */
  | { hang: true }
  /** Milliseconds before the first event. */
  | { wait: number }
  /** Says what it was asked, as JSON: the instructions, or the messages as `[role, text]`. */
  | { echo: 'instructions' | 'messages' }
  /** Token counts to report. */
  | {
      usage: {
        input_tokens: number;
        output_tokens: number;
        cached_tokens?: number;
        reasoning_tokens?: number;
      };
    };

export type Turn = readonly Piece[];
export type Script = readonly Turn[];

/** For a scripted model. */
export function notation(script: Script): string {
  return `${OPEN}${JSON.stringify(script).replaceAll('<', '\\u003c')}${CLOSE}`;
}

/** The script in a prompt, if there is one. */
export function readScript(prompt: string): Script | undefined {
  const from = prompt.lastIndexOf(OPEN);
  const to = prompt.indexOf(CLOSE, from);
  if (from < 0 || to < 0) return undefined;
  return JSON.parse(prompt.slice(from + OPEN.length, to)) as Script;
}

/** For any other model; undefined for what cannot be asked for in words. */
export function inWords(script: Script): string | undefined {
  const sentences: string[] = [];
  for (const piece of script.flat()) {
    if ('say' in piece && !piece.citations && !piece.files)
      sentences.push(`Reply with exactly this text and nothing else: ${piece.say}`);
    else if ('call' in piece)
      sentences.push(
        `First call ${piece.call
          .map(
            ({ name, arguments: given }) =>
              `the function ${name} with the arguments ${JSON.stringify(given ?? {})}`,
          )
          .join(' and, at the same time, ')}.`,
      );
    else if ('code' in piece && !piece.file && !piece.image)
      sentences.push(`Use code interpreter to run exactly this Python code: ${piece.code}`);
    else if (!('wait' in piece || 'usage' in piece)) return undefined;
  }
  return sentences.join('\n');
}
