import { type Aggregate, type Column, type Forest, ForestSum } from '@kaizen/ml/forest'
import type { NodeContext } from '../compiling.ts'
import type { Frame, NumberData, Operand } from '../values.ts'
import type { ForestLists } from './tree-lists.ts'

/** Most targets times trees. */
const mostSums = 1 << 22

const nothing: NumberData = new Float32Array(0)

/** The sum of trees over the columns of a value. */
export function forestOver(
  node: NodeContext,
  lists: ForestLists,
  { targets, aggregate }: { readonly targets: number; readonly aggregate: Aggregate },
): {
  readonly sum: ForestSum
  readonly columns: (frame: Frame) => readonly Column[]
  readonly from: Operand
} {
  const from = node.numbers()
  if (from.rank !== 2) node.refuse('takes something other than rows of columns')
  if (targets < 1 || targets * lists.roots.length > mostSums) node.refuse(`has ${targets} targets`)
  const precision = from.type === 'double' ? 'float64' : 'float32'
  const forest: Forest = { ...lists, features: from.width, targets, precision }
  // As the operator does, numbers of other types are compared as float32.
  const isWhole = from.type === 'int64'
  const sum = new ForestSum(forest, aggregate, from.isSingle || isWhole ? 'float32' : 'float64')
  const { pieces } = from
  node.compiling.costPerRowUs += sum.costPerRowUs
  node.compiling.holdsModel = true
  // The list is the same in every run: most of the time of a single row would go into making it.
  const list = pieces.map(({ stride, at }) => ({ values: nothing, stride, at }))
  const columns = (frame: Frame): readonly Column[] => {
    for (let i = 0; i < list.length; i++) {
      list[i]!.values = frame.data[pieces[i]!.value] as NumberData
    }
    return list
  }
  return { sum, columns, from }
}
