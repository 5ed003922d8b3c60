/** Types that values of a kernel program have; 64-bit integers are numbers inside of it. */
export type ValueType = 'float' | 'double' | 'int64' | 'bool' | 'string'

/** Elements of a value, row by row. */
export type Data = Float32Array | Float64Array | Uint8Array | string[]
export type NumberData = Exclude<Data, string[]>

/** What one run computes with: the rows of the request and the values by number. */
export interface Frame {
  readonly rows: number
  readonly data: Data[]
}

/** One computation: reads values of the frame and writes another. */
export type Step = (frame: Frame) => void

/** A column of a value that a frame holds. */
export interface Piece {
  readonly value: number
  readonly stride: number
  readonly at: number
}

export type Rank = 1 | 2 | 3

/** A value that has a row for every row of the request. */
export interface Operand {
  readonly type: ValueType
  readonly width: number
  /** 1 for one element a row, 2 for a list of `width`, 3 for a list of one such list. */
  readonly rank: Rank
  /** Whether float32 holds every element exactly. */
  readonly isSingle: boolean
  /** Where each of its columns lies, maybe in another type that holds no more. */
  readonly pieces: readonly Piece[]
}

/** An array of zeros for a value; of text, empty ones. */
export function newData(type: ValueType, length: number): Data {
  switch (type) {
    case 'float':
      return new Float32Array(length)
    case 'double':
    case 'int64':
      return new Float64Array(length)
    case 'bool':
      return new Uint8Array(length)
    case 'string':
      return new Array<string>(length).fill('')
  }
}
