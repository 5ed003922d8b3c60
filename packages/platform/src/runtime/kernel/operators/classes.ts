import type { NodeContext } from '../compiling.ts'
import { type Data, newData } from '../values.ts'

/** What classes are called: text or whole numbers. */
export interface ClassNames {
  readonly type: 'string' | 'int64'
  readonly names: readonly (string | number)[]
}

/** @throws UnreadableGraph */
export function classNames(node: NodeContext, numbers: string, texts: string): ClassNames {
  const [ints, strings] = [node.ints(numbers), node.texts(texts)]
  if (ints.length > 0 === strings.length > 0) node.refuse('has no names of classes, or two of each')
  return strings.length > 0 ? { type: 'string', names: strings } : { type: 'int64', names: ints }
}

/** The names of the classes of rows. */
export function namesOf({ type, names }: ClassNames, classes: Int32Array): Data {
  const found = newData(type, classes.length) as (string | number)[]
  for (let row = 0; row < classes.length; row++) found[row] = names[classes[row]!]!
  return found as unknown as Data
}
