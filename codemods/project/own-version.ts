/** The version of rethread that is running, which is the one that rewritten projects shall depend on. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export function rethreadVersion(): string {
  // Works from the sources and from the built file alike: both are somewhere below the package's own directory.
  for (let dir = path.dirname(fileURLToPath(import.meta.url)); ; dir = path.dirname(dir)) {
    const file = path.join(dir, 'package.json');
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
      if (name === 'rethread' && version !== undefined) return version;
    }
    if (path.dirname(dir) === dir) throw new Error('rethread does not find its own package.json');
  }
}
