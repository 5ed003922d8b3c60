import type { EnsembleNode, TensorType } from '@kaizen/contracts'

/** Why a graph is none; the text goes after the name of the node. */
export class Misfit extends Error {}

/** A shape as people read it. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`
export const typeText = ({ datatype, shape }: TensorType): string =>
  `${datatype} ${shapeText(shape)}`

/** Both shapes at once: free dimensions take what the other says; undefined where they differ. */
export function mergedShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  if (a.length !== b.length) return undefined
  const merged: number[] = []
  for (const [i, size] of a.entries()) {
    const other = b[i]!
    if (size !== other && size !== -1 && other !== -1) return undefined
    merged.push(size === -1 ? other : size)
  }
  return merged
}

/** A shape without ones at its end: one value a row is [N], however it is written. */
export function coreOf(shape: readonly number[]): readonly number[] {
  let end = shape.length
  while (end > 1 && shape[end - 1] === 1) end--
  return shape.slice(0, end)
}

const whole = /^U?INT(8|16|32|64)$/
const isNumber = (datatype: string): boolean => whole.test(datatype) || /^FP(32|64)$/.test(datatype)
const isLabel = (datatype: string): boolean =>
  whole.test(datatype) || datatype === 'BOOL' || datatype === 'BYTES'

type Combining = Exclude<EnsembleNode, { readonly kind: 'model' | 'step' }>

/** Outputs of a node that combines, given what it takes. @throws Misfit */
export function combinedTypes(
  node: Combining,
  given: readonly TensorType[],
): ReadonlyMap<string, TensorType> {
  switch (node.kind) {
    case 'average':
      return average(node, given)
    case 'vote':
      return vote(node, given)
    case 'concatenate':
      return concatenated(given)
    case 'split':
      return split(node, given[0]!)
    case 'select':
      return selected(node, given)
  }
}

const value = (type: TensorType) => new Map([['value', type]])

function average(
  { weights, of }: Extract<Combining, { kind: 'average' }>,
  given: readonly TensorType[],
): ReadonlyMap<string, TensorType> {
  checkWeights(weights, of.length)
  const odd = given.find(({ datatype }) => !isNumber(datatype))
  if (odd) throw new Misfit(`it averages ${odd.datatype}; only numbers have a mean`)
  const isSingle = given.every(({ datatype }) => datatype === 'FP32')
  return value({ datatype: isSingle ? 'FP32' : 'FP64', shape: sameShape(given) })
}

function vote(
  { weights, of }: Extract<Combining, { kind: 'vote' }>,
  given: readonly TensorType[],
): ReadonlyMap<string, TensorType> {
  checkWeights(weights, of.length)
  const datatype = sameDatatype(given)
  if (!isLabel(datatype)) throw new Misfit(`${datatype} is no label: vote on whole numbers or text`)
  const shape = sameShape(given)
  if (coreOf(shape).length !== 1)
    throw new Misfit(`it votes on ${shapeText(shape)}; a label is one value a row`)
  return new Map<string, TensorType>([
    ['value', { datatype, shape }],
    ['share', { datatype: 'FP32', shape }],
  ])
}

function concatenated(given: readonly TensorType[]): ReadonlyMap<string, TensorType> {
  const datatype = sameDatatype(given)
  let [rows, columns] = [-1, 0]
  for (const { shape } of given) {
    if (shape.length < 1 || shape.length > 2)
      throw new Misfit(`it takes ${shapeText(shape)}; columns are [N] or [N, columns]`)
    const [first, own = 1] = shape as [number, number?]
    if (first !== -1 && rows !== -1 && first !== rows)
      throw new Misfit(`it takes ${first} rows beside ${rows}`)
    rows = first === -1 ? rows : first
    columns = columns === -1 || own === -1 ? -1 : columns + own
  }
  return value({ datatype, shape: [rows, columns] })
}

function split(
  { parts }: Extract<Combining, { kind: 'split' }>,
  { datatype, shape }: TensorType,
): ReadonlyMap<string, TensorType> {
  const [rows, columns] = shape
  if (rows === undefined || columns === undefined || shape.length !== 2)
    throw new Misfit(`it splits ${shapeText(shape)}; only columns of [N, columns] can be split`)
  const outputs = new Map<string, TensorType>()
  for (const [name, picked] of Object.entries(parts)) {
    const beyond = picked.find((column) => columns !== -1 && column >= columns)
    if (beyond !== undefined)
      throw new Misfit(`the part "${name}" names column ${beyond} of ${columns}`)
    outputs.set(name, { datatype, shape: [rows, picked.length] })
  }
  return outputs
}

function selected(
  { cases }: Extract<Combining, { kind: 'select' }>,
  [by, ...taken]: readonly TensorType[],
): ReadonlyMap<string, TensorType> {
  if (!by || coreOf(by.shape).length !== 1)
    throw new Misfit(
      `it selects by ${by ? shapeText(by.shape) : 'nothing'}; that is one value a row`,
    )
  for (const each of cases) {
    const wanted = 'below' in each || typeof each.is === 'number' ? 'a number' : typeof each.is
    const fits =
      wanted === 'a number'
        ? isNumber(by.datatype)
        : by.datatype === (wanted === 'string' ? 'BYTES' : 'BOOL')
    if (!fits)
      throw new Misfit(`it selects by ${by.datatype}, and a case compares it with ${wanted}`)
  }
  const datatype = sameDatatype(taken)
  let shape: readonly number[] | undefined = taken[0]?.shape
  for (const each of taken) shape = shape && mergedShape(shape, each.shape)
  if (!shape || shape.length === 0)
    throw new Misfit(`it takes ${taken.map(typeText).join(' or ')}; shapes have to be the same`)
  return value({ datatype, shape: [...shape] })
}

function sameDatatype(given: readonly TensorType[]): TensorType['datatype'] {
  const [first] = given
  const other = given.find(({ datatype }) => datatype !== first!.datatype)
  if (other) throw new Misfit(`it takes ${first!.datatype} beside ${other.datatype}`)
  return first!.datatype
}

/** The shape of the first, where all are the same but for ones at the end. */
function sameShape(given: readonly TensorType[]): number[] {
  const [first] = given
  let core: number[] | undefined = [...coreOf(first!.shape)]
  for (const { shape } of given) {
    const next: number[] | undefined = core && mergedShape(core, coreOf(shape))
    if (!next) throw new Misfit(`it takes ${shapeText(first!.shape)} beside ${shapeText(shape)}`)
    core = next
  }
  return [...core!, ...first!.shape.slice(core!.length)]
}

function checkWeights(weights: readonly number[] | undefined, count: number): void {
  if (!weights) return
  if (weights.length !== count)
    throw new Misfit(`it has ${weights.length} weights for ${count} tensors`)
  if (weights.every((weight) => weight === 0)) throw new Misfit('all of its weights are 0')
}
