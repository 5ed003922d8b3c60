/** A value made from a sound one by spoiling one place of it. */
export interface Mutation {
  readonly what: string
  readonly value: unknown
}

/** What a name must not do to the server, whether the contract lets the text through or not. */
export const hostileTexts = [
  '',
  ' ',
  'a\0b',
  '\u202e\ud800',
  'x'.repeat(20_000),
  "x'; DROP TABLE dataset; --",
  '" OR ""="',
  '../../../../etc/passwd',
  '/etc/passwd',
  '..\\..\\windows\\win.ini',
  '{{7*7}}%n%s#{1}',
  '<script>alert(1)</script>',
  'constructor',
  '__proto__',
  'NaN',
  '1e999',
  '-1',
  '９',
] as const

export const hostileNumbers = [
  -1,
  0,
  0.5,
  -0,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  5e-324,
  8.64e15 + 1,
] as const

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: [nested(levels - 1)] })

const spoilt: readonly unknown[] = [
  nested(1000),
  null,
  true,
  [],
  {},
  [[[]]],
  { ['__proto__']: { admin: true } },
  { length: 1e9 },
  ...hostileNumbers,
  ...hostileTexts,
]

type Path = readonly (string | number)[]

/** Every place of a value, the value itself first. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
}

/** A copy of `value` in which the place at `path` is what `change` makes of its holder's entries. */
function changed(value: unknown, path: Path, change: (inner: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? changed(item, rest, change) : item))
  return Object.fromEntries(
    Object.entries(value as object)
      .map(([name, item]) => [name, name === key ? changed(item, rest, change) : item])
      .filter(([, item]) => item !== undefined),
  )
}

/** Spoils each place in each way: another value, no value, a key too many; at most `limit`, spread evenly. */
export function mutationsOf(sample: unknown, limit: number): readonly Mutation[] {
  const all = places(sample).flatMap((path): Mutation[] => {
    const at = path.join('.') || 'the whole'
    const replaced = spoilt.map((bad) => ({
      what: `${at} = ${JSON.stringify(bad)?.slice(0, 40)}`,
      value: changed(sample, path, () => bad),
    }))
    const without =
      path.length === 0
        ? []
        : [{ what: `${at} missing`, value: changed(sample, path, () => undefined) }]
    const more = ['extra', '__proto__', 'constructor'].map((key) => ({
      what: `${at} with key ${key}`,
      value: changed(sample, path, (inner) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries([...Object.entries(inner), [key, { admin: true }]])
          : inner,
      ),
    }))
    return [...without, ...more, ...replaced]
  })
  const step = Math.max(1, all.length / limit)
  return Array.from(
    { length: Math.min(limit, all.length) },
    (_, index) => all[Math.floor(index * step)] as Mutation,
  )
}

interface BrokenBody {
  readonly what: string
  readonly body: string | Buffer
  /** No route that reads JSON may take it. */
  readonly malformed?: boolean
}

/** Bodies that are no JSON object at all, or too much of one. */
export const brokenBodies: readonly BrokenBody[] = [
  { what: 'an empty body', body: '' },
  { what: 'half an object', malformed: true, body: '{"name":' },
  { what: 'a bare word', malformed: true, body: 'undefined' },
  { what: 'a trailing comma', malformed: true, body: '{"a":1,}' },
  { what: 'NaN', malformed: true, body: '{"limit":NaN}' },
  { what: 'a byte order mark', malformed: true, body: '\ufeff{' },
  {
    what: 'bytes that are no text',
    malformed: true,
    body: Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]),
  },
  { what: 'only NUL bytes', malformed: true, body: Buffer.alloc(64) },
  { what: 'a list 100,000 deep', malformed: true, body: '['.repeat(100_000) + ']'.repeat(100_000) },
  {
    what: 'an object 20,000 deep',
    malformed: true,
    body: `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  },
  { what: 'a key twice', body: '{"name":"a","name":{}}' },
  {
    what: 'a polluted prototype',
    malformed: true,
    body: '{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}',
  },
]

/** One path segment as an attacker writes it, already encoded. */
export const hostileSegments = [
  '..',
  '%2e%2e',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '%252e%252e%252fetc%252fpasswd',
  '..%5c..%5cwin.ini',
  '..%c0%af..%c0%afetc',
  '%2fetc%2fpasswd',
  '%00',
  'a%00.csv',
  '%',
  '%zz',
  '%ff%fe',
  '%E2%80%AE',
  "x'%3B%20DROP%20TABLE%20dataset%3B%20--",
  '%22%20OR%20%22%22%3D%22',
  '-1',
  '0',
  '1e999',
  '99999999999999999999',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(1000),
  'x'.repeat(9000),
  '%F0%9F%92%A9',
] as const
