/** A plugin that is described by an OpenAPI 3 document: each of its operations is a function. */
import { MAX_OUTPUT, type Tool, type ToolFunction } from './define.ts';
import { callPlugin, pluginHeaders } from './plugin-call.ts';
import { PLUGIN_TIMEOUT_MS, type PluginOptions } from './plugin-options.ts';

type Json = Record<string, unknown>;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Json;
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: Json }> };
}

interface Document {
  servers?: { url?: string }[];
  paths?: Record<string, Record<string, Operation | Parameter[] | undefined>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export function openapiPlugin(
  id: string,
  options: PluginOptions,
  openapi: NonNullable<PluginOptions['openapi']>,
): Tool {
  let loading: Promise<{ base: URL; document: Document }> | undefined;
  const load = () => {
    loading ??= read(openapi);
    // What could not be read is tried again by the next run.
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
  return {
    type: id,
    async functions(tool) {
      const { base, document } = await load();
      return operations(document).map(({ path, method, operation, parameters }): ToolFunction => {
        const about = [operation.summary, operation.description, options.description].filter(Boolean);
        return {
          name: `${id}_${operation.operationId ?? `${method}_${path}`}`,
          description: about.join('\n') || `${method.toUpperCase()} ${path}`,
          parameters: schemaOf(parameters, operation),
          timeout: options.timeout ?? PLUGIN_TIMEOUT_MS,
          maxOutput: options.maxOutput ?? MAX_OUTPUT,
          async call(given, { signal }) {
            const args = (typeof given === 'object' && given !== null ? given : {}) as Json;
            const url = addressOf(base, path, parameters, args);
            const headers = { ...sentHeaders(parameters, args), ...pluginHeaders(id, options, tool) };
            const { body } = args;
            const hasBody = operation.requestBody !== undefined && body !== undefined;
            return callPlugin(
              url,
              {
                method: method.toUpperCase(),
                headers: { ...(hasBody && { 'content-type': 'application/json' }), ...headers },
                ...(hasBody && { body: JSON.stringify(body) }),
              },
              signal,
            );
          },
        };
      });
    },
  };
}

async function read({ document, baseURL }: NonNullable<PluginOptions['openapi']>) {
  const { default: Parser } = await import('@apidevtools/swagger-parser').catch(() => {
    throw new Error('The package @apidevtools/swagger-parser is not installed.');
  });
  const found = (await Parser.dereference(structuredCloneOf(document) as never, {
    resolve: { external: false },
    dereference: { circular: 'ignore' },
  })) as Document;
  const server = baseURL ?? found.servers?.[0]?.url ?? '';
  const home = typeof document === 'string' && URL.canParse(document) ? document : undefined;
  if (!URL.canParse(server, home)) throw new Error('Its OpenAPI document names no server; set baseURL.');
  return { base: new URL(server, home), document: found };
}

/** The parser writes into what it is given. */
const structuredCloneOf = (document: string | Json) =>
  typeof document === 'string' ? document : structuredClone(document);

function operations({ paths = {} }: Document) {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined;
      if (!operation) return [];
      const shared = (item['parameters'] as Parameter[] | undefined) ?? [];
      const own = operation.parameters ?? [];
      const parameters = [
        ...shared.filter((one) => !own.some((other) => other.name === one.name && other.in === one.in)),
        ...own,
      ].filter((parameter) => ['path', 'query', 'header'].includes(parameter.in));
      return [{ path, method, operation, parameters }];
    }),
  );
}

function schemaOf(parameters: Parameter[], { requestBody }: Operation): Json {
  const body = requestBody?.content?.['application/json']?.schema;
  const properties = Object.fromEntries(
    parameters.map(({ name, schema = { type: 'string' }, description }) => [
      name,
      { ...schema, ...(description && { description }) },
    ]),
  );
  const required = parameters.filter((one) => one.required || one.in === 'path').map(({ name }) => name);
  return {
    type: 'object',
    properties: { ...properties, ...(body && { body }) },
    required: [...required, ...(body && requestBody?.required ? ['body'] : [])],
  };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** @throws Error where the arguments would lead out of the plugin's own paths */
function addressOf(base: URL, path: string, parameters: Parameter[], args: Json): URL {
  const filled = path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = textOf(args[name] ?? '');
    if (/^\.{0,2}$/.test(value)) throw new Error(`The argument '${name}' is missing.`);
    return encodeURIComponent(value);
  });
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${filled.replace(/^\/+/, '')}`;
  for (const { name, in: place } of parameters) {
    const value = args[name];
    if (place !== 'query' || value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, textOf(one));
  }
  return url;
}

/** Parameters that OpenAPI leaves to other parts of a document are not taken from a model either. */
const NOT_A_MODELS = /^(accept|authorization|content-type|cookie|host)$/i;

function sentHeaders(parameters: Parameter[], args: Json): Record<string, string> {
  return Object.fromEntries(
    parameters.flatMap(({ name, in: place }) =>
      place === 'header' && !NOT_A_MODELS.test(name) && args[name] !== undefined
        ? [[name, textOf(args[name]).replaceAll(/[^\x20-\x7e]/g, ' ')]]
        : [],
    ),
  );
}
