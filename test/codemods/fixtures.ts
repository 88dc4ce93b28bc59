/** The before/after pairs under fixtures/migrate, and a place to work on copies of them. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rethreadVersion } from '../../codemods/project/own-version.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/migrate', import.meta.url));

/** What a fixture says about its report, besides the files. */
export interface Expectation {
  /** Calls by status. */
  sites: Record<string, number>;
  /** `code file:line`, sorted. */
  findings: string[];
  /** Sentences that must be in the findings' messages. */
  says?: string[];
  /** HTTP calls rerouted. */
  raw?: number;
  /** `language vendor file:line`, sorted. */
  foreign?: string[];
  options?: { gateway?: string };
}

export interface Fixture {
  name: string;
  before: string;
  /** Files of `after` with the version of rethread filled in, by path. */
  after: Map<string, Buffer>;
  expect: Expectation;
}

/** @param from the directory that has them; default: those of the target `shim`. */
export function fixtures(from = FIXTURES): Fixture[] {
  return readdirSync(from)
    .sort()
    .map((name) => {
      const dir = path.join(from, name);
      return {
        name,
        before: path.join(dir, 'before'),
        after: filesOf(path.join(dir, 'after'), (bytes) =>
          bytes.includes('{{version}}')
            ? Buffer.from(bytes.toString().replaceAll('{{version}}', rethreadVersion()))
            : bytes,
        ),
        expect: JSON.parse(readFileSync(path.join(dir, 'expect.json'), 'utf8')) as Expectation,
      };
    });
}

/** All files below a directory, by path with forward slashes. */
export function filesOf(
  dir: string,
  edit: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(dir, entry);
    if (statSync(file).isFile()) files.set(entry.replaceAll('\\', '/'), edit(readFileSync(file)));
  }
  return files;
}

const made: string[] = [];

/** A copy of a directory (or an empty one) that `removeCopies` takes away again. */
export function copyOf(dir?: string): string {
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'rethread-migrate-')));
  made.push(copy);
  if (dir !== undefined && existsSync(dir)) cpSync(dir, copy, { recursive: true });
  return copy;
}

export function removeCopies(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
}
