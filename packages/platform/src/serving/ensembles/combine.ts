import { type EnsembleNode, KaizenError } from '@kaizen/contracts'
import { allocate, type Datatype, type Tensor, type TensorData } from '../../runtime/index.ts'
import { coreOf, shapeText } from './tensor-types.ts'

type Combining = Exclude<EnsembleNode, { readonly kind: 'model' | 'step' }>

/** What a node that combines makes of what it takes; types were held against each other when the ensemble was made. @throws INVALID_TENSOR */
export function combine(node: Combining, given: readonly Tensor[]): Record<string, Tensor> {
  switch (node.kind) {
    case 'average':
      return { value: average(given, node.weights) }
    case 'vote':
      return vote(given, node.weights)
    case 'concatenate':
      return { value: concatenate(given) }
    case 'split':
      return Object.fromEntries(
        Object.entries(node.parts).map(([name, columns]) => [name, picked(given[0]!, columns)]),
      )
    case 'select':
      return { value: selected(node, given) }
  }
}

const misfit = (problem: string): KaizenError => new KaizenError('INVALID_TENSOR', problem)

function checkSame(given: readonly Tensor[]): void {
  const [first] = given
  const core = String(coreOf(first!.shape))
  const other = given.find(({ shape }) => String(coreOf(shape)) !== core)
  if (other)
    throw misfit(`it was given ${shapeText(first!.shape)} beside ${shapeText(other.shape)}`)
}

function average(given: readonly Tensor[], weights: readonly number[] | undefined): Tensor {
  checkSame(given)
  const [first] = given
  const count = first!.data.length
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? given.length
  const sums = new Float64Array(count)
  for (const [i, { data }] of given.entries()) {
    const share = (weights?.[i] ?? 1) / total
    // A weight of 0 takes no part, whatever the member answers: 0 × infinity is not a number.
    if (share === 0) continue
    for (let at = 0; at < count; at++) sums[at]! += share * Number(data[at])
  }
  const isSingle = given.every(({ datatype }) => datatype === 'FP32')
  return {
    datatype: isSingle ? 'FP32' : 'FP64',
    shape: first!.shape,
    data: isSingle ? Float32Array.from(sums) : sums,
  }
}

function vote(
  given: readonly Tensor[],
  weights: readonly number[] | undefined,
): Record<string, Tensor> {
  checkSame(given)
  const { datatype, shape, data: first } = given[0]!
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? given.length
  const value = allocate(datatype, first.length)
  const share = new Float32Array(first.length)
  for (let row = 0; row < first.length; row++) {
    const votes = new Map<number | bigint | string, number>()
    for (const [i, { data }] of given.entries()) {
      const label = data[row]!
      votes.set(label, (votes.get(label) ?? 0) + (weights?.[i] ?? 1))
    }
    let [winner, most] = [first[row]!, -1]
    for (const [label, weight] of votes) if (weight > most) [winner, most] = [label, weight]
    put(value, row, winner)
    share[row] = most / total
  }
  return {
    value: { datatype, shape, data: value },
    share: { datatype: 'FP32', shape, data: share },
  }
}

const columnsOf = ({ shape }: Tensor): number => shape[1] ?? 1

function concatenate(given: readonly Tensor[]): Tensor {
  const { datatype, shape } = given[0]!
  const rows = shape[0]!
  const other = given.find((tensor) => tensor.shape[0] !== rows)
  if (other) throw misfit(`it was given ${rows} rows beside ${other.shape[0]}`)
  const width = given.reduce((sum, tensor) => sum + columnsOf(tensor), 0)
  const data = allocate(datatype, rows * width)
  let at = 0
  for (const tensor of given) {
    const own = columnsOf(tensor)
    for (let row = 0; row < rows; row++)
      copy(tensor.data, row * own, { into: data, at: row * width + at, count: own })
    at += own
  }
  return { datatype, shape: [rows, width], data }
}

function picked({ datatype, shape, data }: Tensor, columns: readonly number[]): Tensor {
  const [rows, width] = shape as readonly [number, number]
  const beyond = columns.find((column) => column >= width)
  if (beyond !== undefined)
    throw misfit(`it was given ${width} columns, and takes column ${beyond}`)
  const own = allocate(datatype, rows * columns.length)
  for (let row = 0; row < rows; row++)
    for (const [i, column] of columns.entries())
      put(own, row * columns.length + i, data[row * width + column]!)
  return { datatype, shape: [rows, columns.length], data: own }
}

function selected(
  { cases }: Extract<Combining, { kind: 'select' }>,
  [by, ...taken]: readonly Tensor[],
): Tensor {
  const rows = by!.data.length
  const { datatype, shape } = taken[0]!
  const other = taken.find((tensor) => String(tensor.shape) !== String(shape))
  if (other) throw misfit(`it was given ${shapeText(shape)} or ${shapeText(other.shape)}`)
  if (shape[0] !== rows) throw misfit(`it was given ${shape[0]} rows, and selects by ${rows}`)
  const width = rows === 0 ? 0 : taken[0]!.data.length / rows
  const data = allocate(datatype, rows * width)
  for (let row = 0; row < rows; row++) {
    const chosen = chosenCase(cases, by!.datatype, by!.data[row]!)
    const from = taken[chosen === -1 ? cases.length : chosen]!
    copy(from.data, row * width, { into: data, at: row * width, count: width })
  }
  return { datatype, shape, data }
}

function chosenCase(
  cases: Extract<Combining, { kind: 'select' }>['cases'],
  datatype: Datatype,
  value: number | bigint | string,
): number {
  return cases.findIndex((each) => {
    if ('below' in each) return Number(value) < each.below
    if (datatype === 'BOOL') return (value === 1) === each.is
    return typeof each.is === 'number' ? Number(value) === each.is : value === each.is
  })
}

function copy(
  from: TensorData,
  start: number,
  { into, at, count }: { readonly into: TensorData; readonly at: number; readonly count: number },
): void {
  for (let i = 0; i < count; i++) put(into, at + i, from[start + i]!)
}

/** Values are of the datatype that the array was made for. */
function put(into: TensorData, at: number, value: number | bigint | string): void {
  ;(into as (number | bigint | string)[])[at] = value
}
