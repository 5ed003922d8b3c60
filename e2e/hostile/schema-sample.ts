/** The part of JSON Schema that the contracts' schemas turn into. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly pattern?: string
  readonly minLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** Texts that the contracts' patterns accept, tried in this order. */
const wellFormed = [
  ...['sample', '7d', 'a'.repeat(64), 'a'.repeat(32), '1', '@champion', 'alias:champion'],
  ...['m-'.padEnd(34, 'a'), 'a'.repeat(40)],
]

/** Values for fields by their names, where the schema alone does not tell: objects that exist, or any JSON. */
export type Known = Readonly<Record<string, unknown>>

/**
 * A value that the schema accepts, with every optional field filled in, so that each field has a place to be
 * attacked. Recursive references end in `null`, which every recursive schema of the contracts accepts or drops.
 */
export function sampleOf(
  schema: JsonSchema,
  known: Known = {},
  root: JsonSchema = schema,
  depth = 0,
): unknown {
  const inner = (part: JsonSchema): unknown => sampleOf(part, known, root, depth + 1)
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.split('/').at(-1) ?? '']
    return target === undefined || depth > 12 ? null : inner(target)
  }
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const options = schema.anyOf ?? schema.oneOf
  if (options) return inner(options[0] ?? {})
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'object':
      return objectSample(schema, known, inner)
    case 'array':
      return [inner(schema.items ?? {})]
    case 'string':
      return textSample(schema)
    case 'integer':
    case 'number':
      return numberSample(schema)
    case 'boolean':
      return true
    default:
      return null
  }
}

function objectSample(
  schema: JsonSchema,
  known: Known,
  inner: (part: JsonSchema) => unknown,
): unknown {
  const entries = Object.entries(schema.properties ?? {}).map(([key, field]) => [
    key,
    key in known && field.type !== 'object' ? known[key] : (inner(field) ?? 'sample'),
  ])
  const rest = schema.additionalProperties
  const free = typeof rest === 'object' ? [['sample', inner(rest)]] : []
  return Object.fromEntries([...entries, ...free])
}

function textSample({ pattern, minLength = 0 }: JsonSchema): string {
  const fits = wellFormed.find(
    (text) => (pattern === undefined || new RegExp(pattern).test(text)) && text.length >= minLength,
  )
  if (fits === undefined) throw new Error(`no sample for the pattern ${pattern}`)
  return fits
}

function numberSample(schema: JsonSchema): number {
  if (typeof schema.default === 'number') return schema.default
  if (schema.exclusiveMinimum !== undefined) return schema.exclusiveMinimum + 0.25
  return schema.minimum ?? 1
}
