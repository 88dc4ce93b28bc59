/** Files that runs made: copied at once, served under ids of our own for as long as their thread lives (§4.4). */
import { Buffer } from 'node:buffer';
import type OpenAI from 'openai';
import { type Domain, keys, seconds } from '../assistants/domain.ts';
import { ApiError } from '../assistants/errors.ts';
import { MINTED_FILE_PREFIX } from '../assistants/ids.ts';

export type FileObject = OpenAI.FileObject;

interface MintedFile {
  file: FileObject;
  /** Under which everybody finds it, where it is an image with an address (images.ts). */
  token?: string | undefined;
}

/** Where it is noted, at the root of the store, which file a token stands for. */
export const pointerKey = (token: string) => `image/${token}`;

export const isMinted = (id: string) => id.startsWith(MINTED_FILE_PREFIX);

/** Keeps a file's bytes under `id`; doing it again with the same id replaces them. */
export async function saveFile(
  domain: Domain,
  id: string,
  filename: string,
  bytes: Uint8Array,
  token?: string,
): Promise<void> {
  const file: FileObject = {
    id,
    object: 'file',
    bytes: bytes.byteLength,
    created_at: seconds(domain),
    filename,
    purpose: 'assistants_output',
    status: 'processed',
  };
  await domain.store.setMany([
    [keys.fileContent(id), Buffer.from(bytes).toString('base64')],
    [keys.file(id), { file, token } satisfies MintedFile],
  ]);
}

/** The token that a file was given when it was saved before. */
export async function tokenOf({ store }: Domain, id: string): Promise<string | undefined> {
  return (await store.get<MintedFile>(keys.file(id)))?.token;
}

/** Brings a file with its id from another store. @param content in base64 @returns false where it is there already */
export async function restoreFile({ store }: Domain, file: FileObject, content: string): Promise<boolean> {
  if (await store.get(keys.file(file.id))) return false;
  await store.setMany([
    [keys.fileContent(file.id), content],
    [keys.file(file.id), { file } satisfies MintedFile],
  ]);
  return true;
}

/** In the Files API's words. */
export const noFile = (id: string) =>
  new ApiError(`No such File object: ${id}`, { status: 404, param: 'id' });

/** @throws 404 */
export async function retrieveFile(domain: Pick<Domain, 'store'>, id: string): Promise<FileObject> {
  const record = await domain.store.get<MintedFile>(keys.file(id));
  if (!record) throw noFile(id);
  return record.file;
}

export async function readFile(
  domain: Pick<Domain, 'store'>,
  id: string,
): Promise<{ file: FileObject; bytes: Uint8Array }> {
  const file = await retrieveFile(domain, id);
  const content = await domain.store.get<string>(keys.fileContent(id));
  return { file, bytes: Buffer.from(content ?? '', 'base64') };
}

/** With what leads to them. */
export async function deleteFiles({ store }: Domain, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const records = await store.getMany<MintedFile>(ids.map(keys.file));
  const tokens = records.flatMap((record) => (record?.token === undefined ? [] : [record.token]));
  await store.delete(tokens.map(pointerKey), 'root');
  // The record, which knows the token, goes last.
  await store.delete(ids.flatMap((id) => [keys.fileContent(id), keys.file(id)]));
}
