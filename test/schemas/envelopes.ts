/** What wraps objects: lists, deletions, errors (§1.1, §1.4, §2.9). */
import { z } from 'zod';
import { idOf } from './parts.ts';

export const errorEnvelope = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string().min(1),
    param: z.string().min(1).nullable(),
    code: z.string().min(1).nullable(),
  }),
});

export const listOf = <T extends z.ZodType<{ id: string }>>(item: T) =>
  z
    .strictObject({
      object: z.literal('list'),
      data: z.array(item).max(100),
      first_id: z.string().nullable(),
      last_id: z.string().nullable(),
      has_more: z.boolean(),
    })
    .refine(
      (list) =>
        list.first_id === (list.data[0]?.id ?? null) && list.last_id === (list.data.at(-1)?.id ?? null),
      'first_id and last_id are not those of the data',
    );

export const deletedOf = (prefix: string, object: string) =>
  z.strictObject({ id: idOf(prefix), object: z.literal(object), deleted: z.literal(true) });
