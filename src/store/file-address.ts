/** The address of a file store: `file:<directory>`, and what its writes have to survive. */
import { fileURLToPath } from 'node:url';
import { StoreError } from './errors.ts';

export interface FileAddress {
  /** As it was given: it may be relative. */
  directory: string;
  /** A write is acknowledged when it is on disk; otherwise as soon as it survives the death of the process. */
  waitsForDisk: boolean;
}

/**
 * @param target `file:<directory>` or `file:///<directory>`, perhaps followed by `?sync=disk`
 * @throws StoreError `bad_target`
 */
export function parseFileAddress(target: string): FileAddress {
  const [, address = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(target) ?? [];
  if (query !== undefined && query !== 'sync=disk') {
    throw new StoreError('bad_target', target, `?${query} means nothing; there is ?sync=disk`);
  }
  const directory = address.startsWith('file://') ? fileURLToPath(address) : address.slice('file:'.length);
  if (directory === '')
    throw new StoreError('bad_target', target, 'names no directory, as in file:.rethread');
  return { directory, waitsForDisk: query !== undefined };
}
