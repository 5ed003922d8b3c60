/** A list whose values repeat, for the way to another thread: numbers of distinct values, and these once. */
export interface PackedList {
  readonly packed: true
  readonly codes: Int32Array
  readonly values: readonly unknown[]
}

/** A list of numbers, some of them missing. */
interface PackedNumbers {
  readonly packed: 'numbers'
  readonly numbers: Float64Array
  /** Positions of null. */
  readonly missing: Int32Array
}

/** Texts of which most are unlike: one text, and where each ends. */
interface PackedTexts {
  readonly packed: 'texts'
  readonly text: string
  readonly ends: Int32Array
  /** Positions of null. */
  readonly missing: Int32Array
}

const hasTexts = (value: unknown): value is PackedTexts =>
  typeof value === 'object' && value !== null && (value as { packed?: unknown }).packed === 'texts'

const hasNumbers = (value: unknown): value is PackedNumbers =>
  typeof value === 'object' &&
  value !== null &&
  (value as { packed?: unknown }).packed === 'numbers'

/** Lists shorter than this travel as they are. */
const shortList = 1000

const isPacked = (value: unknown): value is PackedList =>
  typeof value === 'object' && value !== null && (value as { packed?: unknown }).packed === true

/**
 * Plain data with each long list replaced by codes: cloning a hundred thousand texts would hold up the thread that
 * answers predictions. It pauses between lists, by `breathe`.
 */
export async function pack(data: unknown, breathe: () => Promise<void>): Promise<unknown> {
  if (Array.isArray(data)) {
    if (
      data.length < shortList ||
      data.some((value) => typeof value === 'object' && value !== null)
    )
      return Promise.all(data.map((value) => pack(value, breathe)))
    await breathe()
    return data.every((value) => typeof value === 'number' || value === null)
      ? packNumbers(data)
      : packList(data)
  }
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return data
  const packed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(data)) packed[name] = await pack(value, breathe)
  return packed
}

function packNumbers(list: readonly (number | null)[]): PackedNumbers {
  const numbers = new Float64Array(list.length)
  const missing: number[] = []
  for (let i = 0; i < list.length; i++) {
    const value = list[i]!
    if (value === null) missing.push(i)
    else numbers[i] = value
  }
  return { packed: 'numbers', numbers, missing: Int32Array.from(missing) }
}

function unpackNumbers({ numbers, missing }: PackedNumbers): (number | null)[] {
  const list: (number | null)[] = Array.from(numbers)
  for (const place of missing) list[place] = null
  return list
}

/** The largest text that is made of others; longer ones travel one by one. */
const longestText = 1 << 28

function packTexts(list: readonly (string | null)[]): PackedTexts {
  const ends = new Int32Array(list.length)
  const missing: number[] = []
  let end = 0
  for (let i = 0; i < list.length; i++) {
    const text = list[i]!
    if (text === null) missing.push(i)
    else end += text.length
    ends[i] = end
  }
  return { packed: 'texts', text: list.join(''), ends, missing: Int32Array.from(missing) }
}

function unpackTexts({ text, ends, missing }: PackedTexts): (string | null)[] {
  const list: (string | null)[] = Array.from(ends, (end, i) => text.slice(ends[i - 1] ?? 0, end))
  for (const place of missing) list[place] = null
  return list
}

/** Values that are looked at to tell whether a list repeats itself. */
const probes = 1000

/** Whether a list is of texts, most of them unlike: numbers for them would save nothing. */
function areUnlike(list: readonly unknown[]): list is readonly (string | null)[] {
  const step = Math.max(1, Math.floor(list.length / probes))
  const seen = new Set<unknown>()
  let looked = 0
  for (let i = 0; i < list.length; i += step) {
    if (typeof list[i] !== 'string') continue
    seen.add(list[i])
    looked++
  }
  if (looked === 0 || seen.size < looked / 2) return false
  let length = 0
  for (const value of list) {
    if (typeof value === 'string') length += value.length
    else if (value !== null) return false
  }
  return length < longestText
}

function packList(list: readonly unknown[]): PackedList | PackedTexts {
  if (areUnlike(list)) return packTexts(list)
  const known = new Map<unknown, number>()
  const codes = new Int32Array(list.length)
  for (let i = 0; i < list.length; i++) {
    const value = list[i]
    let code = known.get(value)
    if (code === undefined) {
      code = known.size
      known.set(value, code)
    }
    codes[i] = code
  }
  return { packed: true, codes, values: [...known.keys()] }
}

/** The data as it was. */
export function unpack(data: unknown): unknown {
  if (isPacked(data)) {
    const { values } = data
    return Array.from(data.codes, (code) => values[code])
  }
  if (hasNumbers(data)) return unpackNumbers(data)
  if (hasTexts(data)) return unpackTexts(data)
  if (Array.isArray(data)) return data.map(unpack)
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return data
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, unpack(value)]))
}
