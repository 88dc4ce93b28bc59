/** Files that clients of the DashScope dialect upload: kept in the store and shown again (docs/contracts/dashscope.md §A.2, §D). */
import { Buffer } from 'node:buffer';
import { customAlphabet } from 'nanoid';
import { type Domain, keys, seconds } from '../assistants/domain.ts';
import { MINTED_FILE_PREFIX } from '../assistants/ids.ts';
import { type FileObject, noFile } from './minted.ts';

export interface Upload {
  file: FileObject;
  description: string;
}

const random20 = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 20);

/** Keeps a file until it is deleted. @param given with an `id` that was set aside for it, it replaces what is kept there */
export async function keepUpload(
  domain: Domain,
  given: { id?: string | undefined; filename: string; bytes: Uint8Array; description: string },
): Promise<Upload> {
  const { id = MINTED_FILE_PREFIX + random20(), filename, bytes, description } = given;
  const file: FileObject = {
    id,
    object: 'file',
    bytes: bytes.byteLength,
    created_at: seconds(domain),
    filename,
    purpose: 'assistants',
    status: 'processed',
  };
  const upload: Upload = { file, description };
  await domain.store.setMany([
    [keys.fileContent(file.id), Buffer.from(bytes).toString('base64')],
    [keys.file(file.id), upload],
  ]);
  return upload;
}

/** @throws 404 */
export async function retrieveUpload(domain: Domain, id: string): Promise<Upload> {
  const record = await domain.store.get<Partial<Upload>>(keys.file(id));
  if (!record?.file) throw noFile(id);
  return { file: record.file, description: record.description ?? '' };
}
