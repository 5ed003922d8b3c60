import { elementCount } from '../../runtime/index.ts'
import type { PartSchema, PartTensor } from './part.ts'
import type { PredictionEntry, RecordSchema, TensorHead } from './record.ts'

const unknown = -1

/** Gathers the schemas and widths of entries into the columns of a part. */
export class PartLayout {
  readonly #schemas: PartSchema[] = []
  readonly #tensors: PartTensor[] = []
  /** Schemas by their content: each segment has objects of its own for the same. */
  readonly #numbers = new Map<string, number>()
  readonly #seen = new Map<RecordSchema, number>()
  readonly #places = new Map<string, number>()
  readonly #taken = new Set<string>()

  get schemas(): readonly PartSchema[] {
    return this.#schemas
  }

  /** Tensors of which no row holds anything have lists of nothing. */
  get tensors(): readonly PartTensor[] {
    return this.#tensors.map((tensor) =>
      tensor.mostWidth === unknown ? { ...tensor, leastWidth: 0, mostWidth: 0 } : tensor,
    )
  }

  /** Takes account of an entry, of which only the shapes matter. */
  add(entry: PredictionEntry): void {
    const schema = this.#schemas[this.numberOf(entry.schema)]!
    const { inputs, outputs } = entry.schema
    inputs.forEach(({ name }, i) => {
      this.#widen(schema.inputs[i]!, elementCount(entry.inputs[name]!.shape) / entry.ids.length)
    })
    const { answer } = entry
    if (!('outputs' in answer)) return
    outputs.forEach(({ name }, i) => {
      this.#widen(schema.outputs[i]!, elementCount(answer.outputs[name]!.shape) / entry.ids.length)
    })
  }

  numberOf(schema: RecordSchema): number {
    const seen = this.#seen.get(schema)
    if (seen !== undefined) return seen
    const { arm, mode, model, version, inputs, outputs } = schema
    const key = JSON.stringify([arm, mode, model, version, inputs, outputs])
    let number = this.#numbers.get(key)
    if (number === undefined) {
      const places = (side: string, heads: readonly TensorHead[]): number[] =>
        heads.map((head) => this.#placeOf(side, head))
      number =
        this.#schemas.push({
          arm,
          mode,
          model,
          version,
          inputs: places('inputs', inputs),
          outputs: places('outputs', outputs),
        }) - 1
      this.#numbers.set(key, number)
    }
    this.#seen.set(schema, number)
    return number
  }

  /** Tensors of one name and type share a column; columns differ by more than the case of their letters. */
  #placeOf(side: string, { name, datatype }: TensorHead): number {
    const key = JSON.stringify([side, name, datatype])
    const known = this.#places.get(key)
    if (known !== undefined) return known
    let column = `${side}.${name}`
    for (let n = 2; this.#taken.has(column.toLowerCase()); n++) column = `${side}.${name} (${n})`
    this.#taken.add(column.toLowerCase())
    const added = { name, datatype, column, leastWidth: unknown, mostWidth: unknown }
    const place = this.#tensors.push(added) - 1
    this.#places.set(key, place)
    return place
  }

  #widen(place: number, width: number): void {
    const tensor = this.#tensors[place]!
    const isFirst = tensor.mostWidth === unknown
    // Elements that are no whole number a row cannot be told apart by rows; such a tensor is kept by none.
    const whole = Number.isInteger(width) ? width : 0
    if (!isFirst && whole >= tensor.leastWidth && whole <= tensor.mostWidth) return
    this.#tensors[place] = {
      ...tensor,
      leastWidth: isFirst ? whole : Math.min(tensor.leastWidth, whole),
      mostWidth: Math.max(tensor.mostWidth, whole),
    }
  }
}
