import { z } from 'zod';
import { inputItem } from './input-schema.ts';
import { metadataSchema, prefixedId } from './issues.ts';

/** Items that one request may add (§4.2). */
const MAX_ITEMS = 20;

/** The body of POST /conversations. */
export const createSchema = z.strictObject({
  items: z.array(inputItem).max(MAX_ITEMS).nullish(),
  metadata: metadataSchema.optional(),
});

/** The body of POST /conversations/{id}. */
export const updateSchema = z.strictObject({ metadata: metadataSchema });

/** The body of POST /conversations/{id}/items. */
export const addSchema = z.strictObject({ items: z.array(inputItem).min(1).max(MAX_ITEMS) });

/** The `conversation` of a response: an id, or an object with one. */
export const conversationParam = z.union([prefixedId('conv'), z.strictObject({ id: prefixedId('conv') })]);
