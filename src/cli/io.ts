/** What a command talks to, so that a test can stand in for the terminal. */
export interface Io {
  cwd: string;
  stdout: Output;
  stderr: Output;
}

export interface Output {
  write(text: string): unknown;
  /** True for a terminal. */
  isTTY?: boolean;
}

/** The exit code of a command that Ctrl-C has ended. */
export const INTERRUPTED = 130;

/** Ends a command with an exit code; with a message, that is printed as an error. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number, message = '') {
    super(message);
    this.name = 'Exit';
    this.code = code;
  }
}
