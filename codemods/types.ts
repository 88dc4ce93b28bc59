/**
 * The shapes that `migrate` takes and gives. Everything here is plain data: the same object is printed by `--json`,
 * rendered by `--report` and compared by the tests.
 */

/** Which API the rewritten code speaks. */
export type TargetName = 'shim' | 'responses';

/** What was done to a place in the code. One kind is one transform file. */
export type ChangeKind =
  | 'wrap-client'
  | 'import-rethread'
  | 'call-arguments'
  | 'delete-method'
  | 'create-and-stream'
  | 'vector-stores'
  | 'assistants-v1'
  | 'raw-http'
  | 'dependency'
  | 'declared-assistants'
  | 'to-responses';

/** A place in a file. `line` and `column` start at 1, and are those of the file as it is on disk after the command. */
export interface Place {
  /** Path relative to the root of the run, with forward slashes. */
  file: string;
  line: number;
  column: number;
}

/** One thing that the codemod changed, or would change under `--dry-run`. */
export interface Change extends Place {
  kind: ChangeKind;
  message: string;
}

/**
 * - `wrapped`: its client is put behind rethread by this run.
 * - `already`: its client was behind rethread before this run.
 * - `live`: a resource that OpenAI still serves (vector stores, files); its client needs no wrapping for it.
 * - `unresolved`: nobody could say where its client is made; a finding tells why.
 * - `withheld`: its client is known but was left alone (browser code, a test's own client, a server of one's own); a finding tells why.
 * - `moved`: is a call of Conversations or Responses now, or not needed any more.
 */
export type SiteStatus = 'moved' | 'wrapped' | 'already' | 'live' | 'unresolved' | 'withheld';

/** A call of the Assistants surface through an OpenAI client. */
export interface CallSite extends Place {
  /** What is called, as seen from the client: `beta.threads.runs.create`. */
  call: string;
  status: SiteStatus;
  /** Where the clients are made that reach this call. */
  clients: Place[];
  /** True in test files. */
  test: boolean;
}

/** Names of what a person may have to do; each is an anchor in MIGRATION.md. */
export type FindingCode =
  | 'client-unresolved'
  | 'client-in-browser'
  | 'client-in-test'
  | 'client-of-local-server'
  | 'edge-runtime'
  | 'ambiguous-arguments'
  | 'unknown-method'
  | 'sdk-speaks-v1'
  | 'assistants-v1'
  | 'azure-assistants-sdk'
  | 'langchain-assistant'
  | 'raw-http'
  | 'mocked-sdk'
  | 'component-file'
  | 'no-package'
  | 'not-written'
  | 'not-parsed'
  | 'assistant-ids'
  | 'generated-file'
  | 'stays-on-shim'
  | 'moved-with-tools';

/** Something that a person should look at. `action` needs a hand; `note` is good to know. */
export interface Finding extends Place {
  code: FindingCode;
  severity: 'action' | 'note';
  /** What is the case. */
  message: string;
  /** What to do. */
  help: string;
}

/** A file that was, or would be, written. */
export interface FileChange {
  file: string;
  /** `null` when the file is new. */
  before: string | null;
  after: string;
  /** False under `--dry-run` and `--check`. */
  written: boolean;
}

/** An Assistants call site in a language that rethread doesn't rewrite. */
export interface ForeignSite extends Place {
  language: 'Python' | 'Java' | 'Kotlin' | 'Go' | 'C#' | 'PHP' | 'Ruby';
  vendor: 'OpenAI' | 'DashScope';
  /** The line of code, trimmed. */
  code: string;
}

/** What a language's clients have to be told so that they reach the gateway. */
export interface ForeignAdvice {
  language: ForeignSite['language'];
  vendor: ForeignSite['vendor'];
  set: string;
}

/** Everything that one run of `migrate` has to say. `--json` prints exactly this. */
export interface Report {
  format: 1;
  target: TargetName;
  /** Absolute path that all places are relative to. */
  root: string;
  dryRun: boolean;
  summary: {
    /** Files whose text was looked at. */
    filesScanned: number;
    /** Files that were parsed, because their text or a flow through them made it necessary. */
    filesParsed: number;
    callSites: number;
    clientsWrapped: number;
    callsRepaired: number;
    rawHttpCalls: number;
    filesChanged: number;
    needsHand: number;
    foreignSites: number;
    milliseconds: number;
  };
  sites: CallSite[];
  changes: Change[];
  findings: Finding[];
  files: FileChange[];
  foreign: ForeignSite[];
  foreignAdvice: ForeignAdvice[];
}
