/**
 * The cheap test on a file's text that decides whether the file is worth parsing. It may say yes too often (a comment,
 * another library's `threads`), and then parsing finds out; it must not say no to a file with a call site.
 */

export interface TextVerdict {
  /** The file may have call sites, raw calls or old dialects of its own: it is parsed. */
  relevant: boolean;
  /** The file mentions OpenAI, so that it may make a client or hand one on: its text is kept at hand. */
  warm: boolean;
}

const OPENAI = /openai/i;
const BETA = /\bbeta\b/;
const RESOURCE = /\b(?:threads|assistants|vectorStores)\b/;
/** A resource that was aliased elsewhere: `threads.create(`, `runs?.retrieve(`. */
const ALIASED =
  /\b(?:threads|assistants|runs|messages|steps)\s*\??\.\s*(?:create|retrieve|list|update|del|cancel|stream|poll|submitToolOutputs)/;
const RAW_PATH = /\/(?:assistants|threads)\b/;
const RAW_HOST = /api\.openai\.com|OpenAI-Beta|dashscope[\w-]*\.aliyuncs\.com|openai\.azure\.com/i;
const OTHER = /@azure\/openai-assistants|OpenAIAssistantRunnable|assistants=v1|\basst_[A-Za-z0-9]{8,}/;

export function testText(text: string): TextVerdict {
  const warm = OPENAI.test(text);
  const relevant =
    (BETA.test(text) && RESOURCE.test(text)) ||
    (warm && ALIASED.test(text)) ||
    (RAW_PATH.test(text) && RAW_HOST.test(text)) ||
    OTHER.test(text);
  return { relevant, warm: warm || relevant };
}
