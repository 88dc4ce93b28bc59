import { z } from 'zod';
import { metadataSchema } from './issues.ts';

const expiresAfter = z.strictObject({ anchor: z.enum(['last_active_at']), days: z.int().min(1).max(365) });
const chunking = z.union([
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z.strictObject({
      max_chunk_size_tokens: z.int().min(100).max(4096),
      chunk_overlap_tokens: z.int().min(0),
    }),
  }),
]);
const attributes = z
  .record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean()]))
  .nullish();
/** The body of POST /vector_stores. */
export const createSchema = z.strictObject({
  name: z.string().nullish(),
  description: z.string().nullish(),
  file_ids: z.array(z.string()).max(10_000).optional(),
  metadata: metadataSchema.optional(),
  expires_after: expiresAfter.nullish(),
  chunking_strategy: chunking.optional(),
});

/** The body of POST /vector_stores/{id}. */
export const updateSchema = z.strictObject({
  name: z.string().nullish(),
  metadata: metadataSchema.optional(),
  expires_after: expiresAfter.nullish(),
});

/** The body of POST …/files. */
export const addSchema = z.strictObject({
  file_id: z.string(),
  attributes,
  chunking_strategy: chunking.optional(),
});

/** The body of POST …/file_batches. */
export const batchSchema = z.strictObject({
  file_ids: z.array(z.string()).min(1).optional(),
  files: z.array(addSchema).min(1).optional(),
  attributes,
  chunking_strategy: chunking.optional(),
});

/** A file to add. */
export type Addition = z.infer<typeof addSchema>;
