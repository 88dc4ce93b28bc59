/** A plugin that is one endpoint. */
import { z } from 'zod';
import { MAX_OUTPUT, type Tool } from './define.ts';
import { callPlugin, pluginHeaders } from './plugin-call.ts';
import { PLUGIN_TIMEOUT_MS, type PluginOptions } from './plugin-options.ts';

/** @throws TypeError for parameters that are no schema of an object */
export function httpPlugin(
  id: string,
  options: PluginOptions,
  { url, method = 'POST', parameters }: NonNullable<PluginOptions['http']>,
): Tool {
  const { validator, schema } = readSchema(id, parameters);
  return {
    type: id,
    async functions(tool) {
      return [
        {
          name: id,
          description: options.description ?? id,
          parameters: schema,
          timeout: options.timeout ?? PLUGIN_TIMEOUT_MS,
          maxOutput: options.maxOutput ?? MAX_OUTPUT,
          async call(args, { signal }) {
            const given = checked(validator, args);
            const headers = pluginHeaders(id, options, tool);
            const target = new URL(url);
            if (method !== 'GET' && method !== 'DELETE') {
              const body = JSON.stringify(given);
              return callPlugin(
                target,
                { method, body, headers: { 'content-type': 'application/json', ...headers } },
                signal,
              );
            }
            for (const [name, value] of Object.entries(given))
              target.searchParams.append(name, typeof value === 'string' ? value : JSON.stringify(value));
            return callPlugin(target, { method, headers }, signal);
          },
        },
      ];
    },
  };
}

function readSchema(id: string, parameters: z.ZodType | Record<string, unknown>) {
  try {
    const isZod = '_zod' in parameters;
    const validator = isZod
      ? (parameters as z.ZodType)
      : z.fromJSONSchema(parameters as Parameters<typeof z.fromJSONSchema>[0]);
    const { $schema: _, ...schema } = (
      isZod ? z.toJSONSchema(validator, { io: 'input', unrepresentable: 'any' }) : parameters
    ) as Record<string, unknown>;
    if (schema['type'] === 'object') return { validator, schema };
  } catch (error) {
    throw new TypeError(`plugins.${id}: the parameters cannot be read (${(error as Error).message})`);
  }
  throw new TypeError(`plugins.${id}: the parameters have to be an object`);
}

/** @throws Error that tells the model what is wrong */
function checked(validator: z.ZodType, args: unknown): Record<string, unknown> {
  const { success, data, error } = validator.safeParse(args);
  if (success) return data as Record<string, unknown>;
  throw new Error(`The arguments are not what the tool takes.\n${z.prettifyError(error)}`);
}
