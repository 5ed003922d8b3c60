import { KaizenError } from '@kaizen/contracts'
import type { Tensor, Tensors } from '../../runtime/index.ts'
import type { ServingArm } from '../endpoints/serving-arm.ts'
import type { BoundInputs } from '../wire/bind.ts'

/** Where the parts of an answer go. */
export interface Parts<T> {
  /** Aborted when nobody takes them any more. */
  readonly signal: AbortSignal
  /** Takes a part; resolves when the next one is welcome. */
  take(part: T): Promise<void>
}

/** Tensors of some rows of the request, or of all. */
export interface TensorPart {
  readonly outputs: Tensors
  readonly rows: number
}

/** Rows that are computed together: the first are answered before the last are computed. */
const rowsAtATime = 256
/** Most text that is put together of parts. */
const longestText = 16 * 1024 * 1024

/**
 * Computes an answer in parts: those that a model makes by itself, or its rows one by one. Resolves with the answer as a
 * whole: all rows; of a model's own parts, texts joined and of numbers the last.
 * @throws UNAVAILABLE when the caller has gone
 */
export function inParts(
  arm: Pick<ServingArm, 'stream' | 'run' | 'signature'>,
  bound: BoundInputs,
  parts: Parts<TensorPart>,
): Promise<Tensors> {
  return arm.stream
    ? ownParts(arm.stream(bound.tensors), bound.rows, parts)
    : rowByRow(arm, bound, parts)
}

async function ownParts(
  made: AsyncIterable<Tensors>,
  rows: number,
  { signal, take }: Parts<TensorPart>,
): Promise<Tensors> {
  let whole: Tensors | undefined
  let count = 0
  for await (const outputs of made) {
    refuseGone(signal, count)
    whole = whole ? joined(whole, outputs) : outputs
    await take({ outputs, rows })
    count++
    refuseGone(signal, count)
  }
  if (whole) return whole
  throw new KaizenError('UNAVAILABLE', 'the model answered no part at all', {
    hint: 'Its predict_stream must yield at least once.',
  })
}

async function rowByRow(
  arm: Pick<ServingArm, 'run' | 'signature'>,
  { tensors, rows }: BoundInputs,
  { signal, take }: Parts<TensorPart>,
): Promise<Tensors> {
  const { inputs, outputs } = arm.signature
  const divisible = [...inputs, ...outputs].every(({ shape }) => shape[0] === -1)
  if (!divisible || rows <= 1) {
    const all = await arm.run(tensors)
    await take({ outputs: all, rows })
    return all
  }
  const pieces: Tensors[] = []
  for (let from = 0; from < rows; from += rowsAtATime) {
    refuseGone(signal, from)
    const count = Math.min(rowsAtATime, rows - from)
    const piece = await arm.run(count === rows ? tensors : rowsOf(tensors, rows, { from, count }))
    pieces.push(piece)
    for (let row = 0; row < count; row++) {
      await take({ outputs: rowsOf(piece, count, { from: row, count: 1 }), rows: 1 })
      refuseGone(signal, from + row + 1)
    }
  }
  return stacked(pieces)
}

function refuseGone(signal: AbortSignal, count: number): void {
  if (!signal.aborted) return
  throw new KaizenError('UNAVAILABLE', `the caller went after ${count} parts of the answer`)
}

/** Some rows of tensors that hold `rows` of them. */
function rowsOf(
  tensors: Tensors,
  rows: number,
  { from, count }: { readonly from: number; readonly count: number },
): Tensors {
  return mapped(tensors, ({ datatype, shape, data }) => {
    const width = data.length / rows
    const part = data.slice(from * width, (from + count) * width) as Tensor['data']
    return { datatype, shape: [count, ...shape.slice(1)], data: part }
  })
}

function stacked(pieces: readonly Tensors[]): Tensors {
  const [first, ...others] = pieces
  if (!first || others.length === 0) return first ?? {}
  return mapped(first, ({ datatype, shape }, name) => {
    const all = pieces.map((piece) => piece[name]!)
    const rows = all.reduce((sum, piece) => sum + piece.shape[0]!, 0)
    return { datatype, shape: [rows, ...shape.slice(1)], data: appended(all) }
  })
}

function appended(pieces: readonly Tensor[]): Tensor['data'] {
  const [first] = pieces
  if (Array.isArray(first!.data)) return pieces.flatMap(({ data }) => data as readonly string[])
  const length = pieces.reduce((sum, { data }) => sum + data.length, 0)
  const Elements = first!.data.constructor as new (length: number) => Uint8Array
  const data = new Elements(length)
  let at = 0
  for (const piece of pieces) {
    data.set(piece.data as Uint8Array, at)
    at += piece.data.length
  }
  return data
}

/** Texts in the same places go on; of anything else the later one stands. @throws TOO_LARGE */
function joined(before: Tensors, after: Tensors): Tensors {
  return mapped(after, (tensor, name) => {
    const earlier = before[name]
    if (tensor.datatype !== 'BYTES' || earlier?.data.length !== tensor.data.length) return tensor
    let length = 0
    const data = (tensor.data as readonly string[]).map((text, i) => {
      const whole = `${earlier.data[i]}${text}`
      length += whole.length
      return whole
    })
    if (length <= longestText) return { ...tensor, data }
    throw new KaizenError(
      'TOO_LARGE',
      `the parts of the answer are more than ${longestText} long`,
      {
        hint: 'Ask for less in one request.',
      },
    )
  })
}

const mapped = (tensors: Tensors, of: (tensor: Tensor, name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, of(tensor, name)]))
