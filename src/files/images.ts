/** Images that tools make: files of their run like any other, and where a public address is known also under a URL. */
import { nanoid } from 'nanoid';
import type { Domain } from '../assistants/domain.ts';
import type { Store } from '../store/store.ts';
import { imageToken } from './image-path.ts';
import { pointerKey, readFile, saveFile, tokenOf } from './minted.ts';

/** Formats that browsers show without carrying anything out. */
const EXTENSIONS = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
} as const;
export type ImageType = keyof typeof EXTENSIONS;

/** 192 bits of chance: nobody guesses an address. */
const TOKEN_LENGTH = 32;

export interface SavedImage {
  /** For `GET /files/{file_id}/content`. */
  file_id: string;
  /** Where everybody who knows the address finds it for as long as its thread lives; null without a `publicURL`. */
  url: string | null;
}

export interface Images {
  save(domain: Domain, tenant: string, id: string, image: Uint8Array, type: ImageType): Promise<SavedImage>;
  /** The answer to a request for an image; undefined for any other request. */
  serve(request: Request): Promise<Response | undefined>;
}

/** What stands behind an address. The file itself belongs to the tenant, and goes with its thread. */
interface Pointer {
  tenant: string;
  file: string;
  type: ImageType;
}

/** @param publicURL where this process is reached from outside, e.g. `https://assistants.example.com` */
export function createImages(store: Store, publicURL: string | undefined): Images {
  return {
    async save(domain, tenant, id, image, type) {
      const extension = EXTENSIONS[type];
      if (!extension) throw new Error(`An image of the type ${type} cannot be kept.`);
      const name = `${id}.${extension}`;
      if (publicURL === undefined) {
        await saveFile(domain, id, name, image);
        return { file_id: id, url: null };
      }
      // Made anew after a crash, it keeps its address. The file first: with it goes what leads to it.
      const token = (await tokenOf(domain, id)) ?? nanoid(TOKEN_LENGTH);
      await saveFile(domain, id, name, image, token);
      await store.set(pointerKey(token), { tenant, file: id, type } satisfies Pointer);
      return {
        file_id: id,
        url: `${publicURL.replace(/\/+$/, '')}/rethread/images/${token}.${extension}`,
      };
    },
    async serve(request) {
      const token = imageToken(request);
      if (token === undefined) return undefined;
      const pointer = await store.get<Pointer>(pointerKey(token));
      const found =
        pointer &&
        (await readFile({ store: store.scoped(pointer.tenant) }, pointer.file).catch(() => undefined));
      if (!found) return new Response('There is no such image.\n', { status: 404 });
      return new Response(found.bytes as Uint8Array<ArrayBuffer>, {
        headers: {
          'content-type': pointer.type,
          'content-length': String(found.bytes.byteLength),
          'cache-control': 'private, max-age=3600',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'",
        },
      });
    },
  };
}
