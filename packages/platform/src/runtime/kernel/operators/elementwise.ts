import type { NodeContext, Operator } from '../compiling.ts'
import type { Data, NumberData, Operand, Rank, ValueType } from '../values.ts'

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
}

/** One side of an operation: a value, or a constant that is the same in every row. */
interface Side {
  readonly type: ValueType
  readonly width: number
  readonly rank: 0 | Rank
  readonly read: (data: readonly Data[]) => NumberData
  readonly isConstant: boolean
}

function sideOf(node: NodeContext, index: number): Side {
  if (!node.isConstant(index)) {
    const operand = node.numbers(index)
    const value = node.compiling.solid(operand)
    const { type, width, rank } = operand
    return { type, width, rank, read: (data) => data[value] as NumberData, isConstant: false }
  }
  const { type, dims, data } = node.constant(index)
  if (type === 'string' || type === 'uint8' || type === 'bool') node.refuse(`takes ${type}`)
  const width = dims.at(-1) ?? 1
  const isRow = dims.length < 2 || (dims.length === 2 && dims[0] === 1)
  if (!isRow || width !== data.length) node.refuse('takes a constant of several rows')
  const values = (type === 'float' ? Float32Array : Float64Array).from(data as number[])
  const rank = dims.length === 0 ? 0 : dims.length === 1 && width === 1 ? 1 : 2
  return { type, width, rank, read: () => values, isConstant: true }
}

/** Numbers with numbers of the same type, columns with columns or one with all. */
function both(node: NodeContext): {
  readonly left: Side
  readonly right: Side
  readonly width: number
  readonly rank: Rank
} {
  node.allow()
  node.arity(2, 1)
  const [left, right] = [sideOf(node, 0), sideOf(node, 1)]
  if (left.type !== right.type) node.refuse('takes different types')
  if (left.isConstant && right.isConstant) node.refuse('takes constants alone')
  const width = Math.max(left.width, right.width)
  for (const side of [left, right]) {
    if (side.width !== width && side.width !== 1) node.refuse('takes different widths')
    // A list against rows would be laid across them.
    if (!side.isConstant && side.rank === 1 && width > 1) node.refuse('lays rows across columns')
  }
  const values = [left, right].filter(({ isConstant }) => !isConstant)
  if (new Set(values.map(({ rank }) => rank)).size > 1) node.refuse('lays rows across columns')
  const rank = values[0]!.rank as Rank
  if (rank > 2) node.refuse('works on three dimensions')
  if (rank === 1 && [left, right].some((side) => side.isConstant && side.rank === 2)) {
    node.refuse('lays rows across columns')
  }
  return { left, right, width, rank }
}

function combine(
  { left, right, width }: { readonly left: Side; readonly right: Side; readonly width: number },
  operation: (a: number, b: number) => number,
  make: (length: number) => NumberData,
): (frame: { readonly data: readonly Data[]; readonly rows: number }) => NumberData {
  const strideOf = (side: Side): number => (side.isConstant ? 0 : side.width)
  return ({ data, rows }) => {
    const [a, b, out] = [left.read(data), right.read(data), make(rows * width)]
    const [aStep, bStep] = [Number(left.width > 1), Number(right.width > 1)]
    const [aRow, bRow] = [strideOf(left), strideOf(right)]
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) {
        out[row * width + i] = operation(a[row * aRow + i * aStep]!, b[row * bRow + i * bStep]!)
      }
    }
    return out
  }
}

const arithmeticOperator =
  (operation: (a: number, b: number) => number): Operator =>
  (node) => {
    const sides = both(node)
    const { type } = sides.left
    if (type !== 'float' && type !== 'double') node.refuse(`works on ${type}`)
    const make = type === 'float' ? floats : doubles
    const spec = { type, width: sides.width, rank: sides.rank, isSingle: type === 'float' }
    node.output(spec, combine(sides, operation, make))
  }

const floats = (length: number): NumberData => new Float32Array(length)
const doubles = (length: number): NumberData => new Float64Array(length)
const flags = (length: number): NumberData => new Uint8Array(length)

const equal: Operator = (node) => {
  const sides = both(node)
  const spec = { type: 'bool', width: sides.width, rank: sides.rank, isSingle: true } as const
  node.output(
    spec,
    combine(sides, (a, b) => Number(a === b), flags),
  )
}

const mappings: Readonly<Record<string, (value: number) => number>> = {
  Exp: Math.exp,
  Sigmoid: (value) => 1 / (1 + Math.exp(-value)),
}

const mapped =
  (mapping: (value: number) => number): Operator =>
  (node) => {
    node.allow()
    node.arity(1, 1)
    const from = node.numbers()
    if (from.type !== 'float' && from.type !== 'double') node.refuse(`works on ${from.type}`)
    const value = node.compiling.solid(from)
    node.output(specOf(from), ({ data }) => (data[value] as Float64Array).map(mapping))
  }

const specOf = ({ type, width, rank }: Operand) => ({
  type,
  width,
  rank,
  isSingle: type === 'float',
})

const isNaNs: Operator = (node) => {
  node.allow()
  node.arity(1, 1)
  const from = node.numbers()
  if (from.type !== 'float' && from.type !== 'double') node.refuse(`works on ${from.type}`)
  const value = node.compiling.solid(from)
  const spec = { type: 'bool', width: from.width, rank: from.rank, isSingle: true } as const
  node.output(spec, ({ data }) =>
    Uint8Array.from(data[value] as Float64Array, (each) => Number(Number.isNaN(each))),
  )
}

/** Where a condition holds a constant or value, elsewhere another. */
const where: Operator = (node) => {
  node.allow()
  node.arity(3, 1)
  const condition = node.numbers(0)
  if (condition.type !== 'bool') node.refuse('has no condition')
  const [then, otherwise] = [sideOf(node, 1), sideOf(node, 2)]
  const { width, rank } = condition
  const { type } = then
  if (type !== otherwise.type || rank !== 2) node.refuse('chooses between types')
  for (const side of [then, otherwise]) {
    if (
      side.isConstant
        ? side.width !== 1 && side.width !== width
        : side.width !== width || side.rank !== 2
    ) {
      node.refuse('takes different widths')
    }
  }
  const value = node.compiling.solid(condition)
  const isSingle = [1, 2].every((i) =>
    node.isConstant(i)
      ? node.constant(i).data.every((each) => Object.is(Math.fround(Number(each)), Number(each)))
      : node.operand(i).isSingle,
  )
  const strides = [then, otherwise].map((side) => ({
    row: side.isConstant ? 0 : side.width,
    step: Number(side.width > 1),
  }))
  const make = type === 'float' ? floats : doubles
  node.output({ type, width, rank, isSingle }, ({ data, rows }) => {
    const holds = data[value] as Uint8Array
    const [a, b, out] = [then.read(data), otherwise.read(data), make(rows * width)]
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) {
        const at = row * width + i
        const [from, { row: stride, step }] = holds[at] ? [a, strides[0]!] : [b, strides[1]!]
        out[at] = from[row * stride + i * step]!
      }
    }
    return out
  })
}

export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(
    Object.entries(arithmetic).map(([name, run]) => [name, arithmeticOperator(run)]),
  ),
  ...Object.fromEntries(Object.entries(mappings).map(([name, run]) => [name, mapped(run)])),
  Equal: equal,
  IsNaN: isNaNs,
  Where: where,
}
