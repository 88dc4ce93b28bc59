type Schema = Record<string, unknown>;

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/**
 * The smallest value that a JSON schema allows: defaults, constants, first enum values and first examples where there
 * are any, required properties only, as few array items as it will have.
 *
 * @param fill a value for a string property, by its name and schema; undefined leaves it to the schema
 */
export function sampleOf(
  schema: unknown,
  fill: (name: string, schema: Schema) => unknown = () => undefined,
  name = '',
  root: Schema = isSchema(schema) ? schema : {},
): unknown {
  if (!isSchema(schema)) return null;
  if (typeof schema.$ref === 'string') return sampleOf(dereference(schema.$ref, root), fill, name, root);
  if ('const' in schema) return schema.const;
  const filled = name === '' ? undefined : fill(name, schema);
  if (filled !== undefined) return filled;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[key];
    if (Array.isArray(options)) return sampleOf(options[0], fill, name, root);
  }
  const type = Array.isArray(schema.type)
    ? schema.type[0]
    : (schema.type ?? (schema.properties ? 'object' : 'string'));
  switch (type) {
    case 'object':
      return sampleObject(schema, fill, root);
    case 'array': {
      const count = typeof schema.minItems === 'number' ? schema.minItems : 0;
      return Array.from({ length: count }, () => sampleOf(schema.items, fill, name, root));
    }
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleString(schema);
  }
}

function sampleObject(
  schema: Schema,
  fill: (name: string, schema: Schema) => unknown,
  root: Schema,
): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return Object.fromEntries(
    required.map((name) => [name, sampleOf(properties[name] ?? {}, fill, name, root)]),
  );
}

function sampleNumber(schema: Schema): number {
  if (typeof schema.minimum === 'number') return schema.minimum;
  if (typeof schema.exclusiveMinimum === 'number') return schema.exclusiveMinimum + 1;
  if (typeof schema.maximum === 'number') return Math.min(1, schema.maximum);
  return 1;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-09-01',
  'date-time': '2026-09-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function sampleString(schema: Schema): string {
  if (typeof schema.format === 'string' && FORMATS[schema.format]) return FORMATS[schema.format] as string;
  const text = 'text';
  return typeof schema.minLength === 'number' ? text.padEnd(schema.minLength, 't') : text;
}

/** Follows `#/$defs/name`. */
function dereference(reference: string, root: Schema): unknown {
  let found: unknown = root;
  for (const key of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = isSchema(found) ? found[key] : undefined;
  }
  return found;
}
