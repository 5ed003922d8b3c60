import type { SideAnswer } from './side.ts'
import type { Step } from './step.ts'

/** One place in which two answers differ. */
export interface Difference {
  readonly place: string
  readonly mlflow: unknown
  readonly kaizen: unknown
}

/** Lists that are sets to the protocol, by the end of their place and the field that tells their items apart. */
const sets: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)(tags|params|request_metadata)$/, 'key'],
  [/\.data\.metrics$/, 'key'],
  [/\.aliases$/, 'alias'],
  [/\.events$/, 'entity'],
  [/latest_versions$/, 'current_stage'],
]

/** Everything in which the answers differ: of errors the status and the code count, words are each server's own. */
export function differences(
  step: Step,
  mlflow: SideAnswer,
  kaizen: SideAnswer,
): readonly Difference[] {
  if (mlflow.status !== kaizen.status) {
    return [{ place: 'status', mlflow: shortly(mlflow), kaizen: shortly(kaizen) }]
  }
  if (mlflow.status >= 400) {
    const [theirs, ours] = [codeOf(mlflow.body), codeOf(kaizen.body)]
    return theirs === ours ? [] : [{ place: 'error_code', mlflow: theirs, kaizen: ours }]
  }
  return within('', mlflow.body, kaizen.body, new Set(step.unordered))
}

const shortly = ({ status, body }: SideAnswer): string =>
  `${status} ${JSON.stringify(body)?.slice(0, 300)}`

const codeOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'error_code' in body ? body.error_code : undefined

function within(
  place: string,
  theirs: unknown,
  ours: unknown,
  unordered: ReadonlySet<string>,
): readonly Difference[] {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const [a, b] = [theirs, ours].map((list) => ordered(list, place, unordered)) as [
      unknown[],
      unknown[],
    ]
    if (a.length !== b.length) return [{ place: `${place}.length`, mlflow: a, kaizen: b }]
    return a.flatMap((item, index) => within(`${place}[]`, item, b[index], unordered))
  }
  if (isObject(theirs) && isObject(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)])
    return [...keys].flatMap((key) =>
      within(place === '' ? key : `${place}.${key}`, theirs[key], ours[key], unordered),
    )
  }
  return Object.is(theirs, ours) || isClose(theirs, ours)
    ? []
    : [{ place, mlflow: theirs, kaizen: ours }]
}

/** The last digits of a sum are each machine's own. */
const isClose = (theirs: unknown, ours: unknown): boolean =>
  typeof theirs === 'number' &&
  typeof ours === 'number' &&
  Math.abs(theirs - ours) <= Math.max(1e-12, 1e-9 * Math.abs(theirs))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function ordered(
  list: readonly unknown[],
  place: string,
  unordered: ReadonlySet<string>,
): unknown[] {
  const named = unordered.has(place.split('.').at(-1) ?? '')
  const key = sets.find(([end]) => end.test(place))?.[1]
  if (!named && key === undefined) return [...list]
  const text = (item: unknown): string =>
    `${key !== undefined && isObject(item) ? JSON.stringify(item[key]) : ''} ${canonical(item)}`
  return [...list].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

/** JSON with the keys of objects in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort()) : item,
  )
