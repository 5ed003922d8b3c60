import type { Random } from '../random.ts'
import type { Step } from '../step.ts'

/** Values that a field was not made for, by kind; each protocol field meets some of them. */
const wrongValues: readonly unknown[] = [
  null,
  '',
  ' ',
  7,
  -1,
  0,
  1.5,
  true,
  [],
  {},
  ['a'],
  { a: 1 },
  'NaN',
  '12abc',
  '../../etc/passwd',
  '/absolute',
  "x'; DROP TABLE runs; --",
  '<img src=x onerror=alert(1)>',
  'naïve ☃',
  'a//b',
  'x'.repeat(300),
  'x'.repeat(9000),
]

/** Sound requests among which, with this chance, stands a copy with one field wrong, missing or unknown. */
export function withSpoilt(
  random: Random,
  chance: number,
  steps: readonly Step[],
): readonly Step[] {
  return steps.flatMap((step) => (random.chance(chance) ? [spoilt(random, step), step] : [step]))
}

/** The step with one field changed; what it would bind stays unbound. */
function spoilt(random: Random, step: Step): Step {
  const { bind: _, ...sound } = step
  const rest: Step = { ...sound, spoilt: true }
  if (isRecord(step.body)) return { ...rest, body: spoiltFields(random, step.body) }
  if (step.query && Object.keys(step.query).length > 0) {
    const query = Object.entries(spoiltFields(random, step.query)).filter(
      ([, value]) => typeof value !== 'object',
    )
    return { ...rest, query: Object.fromEntries(query) }
  }
  return rest
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What one server refuses and the other takes without a second look would make all that follows differ. */
const sound = ['model_id', 'trace', 'dataset', 'models']

function spoiltFields(
  random: Random,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const key = random.of(Object.keys(fields).filter((name) => !sound.includes(name)))
  if (key === undefined || random.chance(0.1)) return { ...fields, of_no_protocol: { a: [1] } }
  const { [key]: value, ...others } = fields
  if (random.chance(0.2)) return others
  const [first, ...more] = Array.isArray(value) ? value : []
  if (isRecord(first) && key !== 'datasets' && random.chance(0.7)) {
    return { ...fields, [key]: [spoiltFields(random, first), ...more] }
  }
  if (isRecord(value) && random.chance(0.7)) {
    return { ...fields, [key]: spoiltFields(random, value) }
  }
  const wrong = random.of(wrongValues)
  const isLong = typeof wrong === 'string' && wrong.length > 250
  return { ...fields, [key]: isLong && /name$/.test(key) ? '' : wrong }
}
