import { type Categories, countCategories } from '../drift/cells.ts'
import { DistinctSketch, type DistinctSketchJson } from '../sketches/distinct-sketch.ts'
import {
  type FrequentItem,
  FrequentItems,
  type FrequentItemsJson,
} from '../sketches/frequent-items.ts'
import { checkProfileVersion } from './profile-version.ts'
import { patternsOf, type TextPattern, type TextType, typesOf } from './text-pattern.ts'

/** The serialised form of a categorical profile. */
export interface CategoricalProfileJson {
  readonly kind: 'categorical'
  readonly version: 1
  readonly count: number
  readonly missing: number
  readonly lengths: Lengths
  readonly items: FrequentItemsJson
  readonly distinct: DistinctSketchJson
}

/** Lengths of texts in Unicode code points. */
interface Lengths {
  readonly sum: number
  /** Null while there are no texts. */
  readonly min: number | null
  readonly max: number | null
}

/** What a categorical column looks like. */
export interface CategoricalSummary {
  readonly kind: 'categorical'
  readonly rows: number
  /** Present values. */
  readonly count: number
  readonly missing: number
  readonly distinct: number
  /** The most frequent categories, by descending count, then in code point order. */
  readonly top: readonly FrequentItem[]
  /** Whether the counts are exact: true up to 1024 categories. */
  readonly isExact: boolean
  readonly minLength: number | null
  readonly maxLength: number | null
  readonly meanLength: number | null
  /** The most frequent patterns of the categories held; all of them where the counts are exact. */
  readonly patterns: readonly TextPattern[]
  /** What the categories held can be read as, in rows. */
  readonly types: Readonly<Record<TextType, number>>
}

const TOP = 20

/**
 * A mergeable profile of a categorical column in constant memory: exact up to 1024 categories, the
 * frequent ones with error bounds beyond.
 */
export class CategoricalProfile {
  #count = 0
  #missing = 0
  #lengths: Lengths = { sum: 0, min: null, max: null }
  #items = new FrequentItems()
  #distinct = new DistinctSketch()

  get items(): FrequentItems {
    return this.#items
  }

  /** Takes in values; `rows` is needed only for counts, which do not know of missing rows. */
  add(values: Categories, rows = rowsOf(values)): void {
    let present = 0
    for (const counts of partsOf(values)) {
      for (const [label, count] of countCategories(counts)) {
        present += count
        this.#items.add(label, count)
        this.#distinct.addText(label)
        this.#lengths = withLength(this.#lengths, codePoints(label), count)
      }
    }
    this.#count += present
    this.#missing += rows - present
  }

  merge(other: CategoricalProfile): void {
    this.#count += other.#count
    this.#missing += other.#missing
    this.#items.merge(other.#items)
    this.#distinct.merge(other.#distinct)
    const { sum, min, max } = other.#lengths
    this.#lengths = {
      sum: this.#lengths.sum + sum,
      min: extreme(Math.min, this.#lengths.min, min),
      max: extreme(Math.max, this.#lengths.max, max),
    }
  }

  summary(): CategoricalSummary {
    return {
      kind: 'categorical',
      rows: this.#count + this.#missing,
      count: this.#count,
      missing: this.#missing,
      distinct: Math.round(this.#distinct.estimate()),
      top: this.#items.top(TOP),
      isExact: this.#items.isExact,
      minLength: this.#lengths.min,
      maxLength: this.#lengths.max,
      meanLength: this.#count > 0 ? this.#lengths.sum / this.#count : null,
      patterns: patternsOf(this.#items, TOP),
      types: typesOf(this.#items),
    }
  }

  toJson(): CategoricalProfileJson {
    return {
      kind: 'categorical',
      version: 1,
      count: this.#count,
      missing: this.#missing,
      lengths: this.#lengths,
      items: this.#items.toJson(),
      distinct: this.#distinct.toJson(),
    }
  }

  /** @throws MlError when the form is of another version. */
  static fromJson(json: CategoricalProfileJson): CategoricalProfile {
    checkProfileVersion(json)
    const profile = new CategoricalProfile()
    profile.#count = json.count
    profile.#missing = json.missing
    profile.#lengths = json.lengths
    profile.#items = FrequentItems.fromJson(json.items)
    profile.#distinct = DistinctSketch.fromJson(json.distinct)
    return profile
  }
}

/** Loose values are counted so many at a time: texts by the million need no more memory than these. */
const PART = 1 << 16

function* partsOf(values: Categories): Generator<Categories> {
  if (values instanceof Map || 'codes' in values) return yield values
  const loose = values as readonly (string | number | boolean | null | undefined)[]
  if (loose.length <= PART) return yield values
  for (let from = 0; from < loose.length; from += PART) yield loose.slice(from, from + PART)
}

const rowsOf = (values: Categories): number => {
  if (values instanceof Map) return [...values.values()].reduce((sum, count) => sum + count, 0)
  if ('codes' in values) return values.codes.length
  return (values as readonly unknown[]).length
}

/** The number of Unicode code points of a text. */
export const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

const withLength = ({ sum, min, max }: Lengths, length: number, count: number): Lengths => ({
  sum: sum + length * count,
  min: extreme(Math.min, min, length),
  max: extreme(Math.max, max, length),
})

const extreme = (
  pick: (a: number, b: number) => number,
  a: number | null,
  b: number | null,
): number | null => (a === null ? b : b === null ? a : pick(a, b))
