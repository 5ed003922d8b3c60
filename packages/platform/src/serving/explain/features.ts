import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import { allocate, type Tensor, type Tensors } from '../../runtime/index.ts'
import { isBatched } from '../wire/bind.ts'

/** One place of an input that a row fills. */
export interface Feature {
  readonly name: string
  readonly input: string
  readonly place: number
}

const mostFeatures = 4096

/** The features of rows of tensors: an input of one value a row, or each place of a wider one. @throws UNSUPPORTED */
export function featuresOf(
  signature: ModelSignature,
  tensors: Tensors,
  rows: number,
): readonly Feature[] {
  if (!isBatched(signature)) {
    throw new KaizenError('UNSUPPORTED', 'explanations need a model whose requests are rows', {
      hint: 'Its inputs need a free first dimension.',
    })
  }
  const features = signature.inputs.flatMap(({ name: input }) => {
    const width = tensors[input]!.data.length / rows
    return Array.from({ length: width }, (_, place) => ({
      name: width === 1 ? input : `${input}[${place}]`,
      input,
      place,
    }))
  })
  if (features.length <= mostFeatures) return features
  throw new KaizenError(
    'UNSUPPORTED',
    `explanations know at most ${mostFeatures} features, not ${features.length}`,
    { hint: 'Explain a model of tables; images and texts have too many places.' },
  )
}

/** A row to be computed: a background row with the features of an explained row where the mask says so. */
export interface MixedRow {
  readonly row: number
  readonly background: number
  readonly mask: Uint8Array
}

/** Rows and background rows of the same features, and rows mixed from both. */
export class RowMixer {
  readonly features: readonly Feature[]
  readonly #rows: Tensors
  readonly #background: Tensors
  readonly #inputs: readonly {
    readonly name: string
    readonly width: number
    readonly from: number
  }[]

  constructor(features: readonly Feature[], rows: Tensors, background: Tensors) {
    this.features = features
    this.#rows = rows
    this.#background = background
    const names = [...new Set(features.map(({ input }) => input))]
    this.#inputs = names.map((name) => ({
      name,
      width: features.filter(({ input }) => input === name).length,
      from: features.findIndex(({ input }) => input === name),
    }))
  }

  mixed(rows: readonly MixedRow[]): Tensors {
    return Object.fromEntries(
      this.#inputs.map(({ name, width, from }) => {
        const [own, other] = [this.#rows[name]!, this.#background[name]!]
        const data = emptyLike(own, rows.length * width)
        rows.forEach(({ row, background, mask }, i) => {
          for (let place = 0; place < width; place++) {
            data[i * width + place] = mask[from + place]
              ? (own.data[row * width + place] as never)
              : (other.data[background * width + place] as never)
          }
        })
        const shape = [rows.length, ...own.shape.slice(1)]
        return [name, { datatype: own.datatype, shape, data: data as Tensor['data'] }]
      }),
    )
  }
}

const emptyLike = ({ datatype }: Tensor, length: number): { [place: number]: unknown } =>
  datatype === 'BYTES' ? Array<string>(length).fill('') : (allocate(datatype, length) as never)

/** Rows of two sets of tensors, one after the other. */
export function joined(first: Tensors, second: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(first).map(([name, { datatype, shape, data }]) => {
      const other = second[name]!
      const both = emptyLike({ datatype, shape, data }, data.length + other.data.length)
      for (let i = 0; i < data.length; i++) both[i] = data[i]
      for (let i = 0; i < other.data.length; i++) both[data.length + i] = other.data[i]
      return [
        name,
        { datatype, shape: [shape[0]! + other.shape[0]!, ...shape.slice(1)], data: both as never },
      ]
    }),
  )
}

/** One row of zeros and empty texts with the shapes of others: what absent features are where nothing else is known. */
export function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { datatype, shape }]) => {
      const one = [1, ...shape.slice(1)]
      const length = one.reduce((product, size) => product * size, 1)
      return [name, { datatype, shape: one, data: allocate(datatype, length) }]
    }),
  )
}
