/** The types that a value of a row can have. */
export type ValueType = 'double' | 'float' | 'int64' | 'string' | 'bool'

/** A value of one row: `width` elements under a number of its own. */
export interface Slot {
  readonly id: number
  readonly type: ValueType
  readonly width: number
}

/** The parallel lists of an ensemble; a child below 0 is the leaf with that number's complement. */
export interface TreeLists {
  readonly roots: readonly number[]
  readonly features: readonly number[]
  /** For `value <= split`. */
  readonly splits: readonly number[]
  readonly missingTrue: readonly number[]
  readonly whenTrue: readonly number[]
  readonly whenFalse: readonly number[]
  /** Of the set that a node tests: where it begins in `members`, -1 for nodes that compare with `splits`. */
  readonly setStarts: readonly number[]
  readonly setSizes: readonly number[]
  readonly members: readonly number[]
  readonly leafTargets: readonly number[]
  readonly leafValues: readonly number[]
}

export type Elementwise = 'add' | 'subtract' | 'multiply' | 'divide' | 'equal'
export type Mapping = 'sigmoid' | 'exp' | 'is-nan' | 'cast'

/** One computation: what it reads and the slot it fills. Operands of width 1 stand for every element. */
export type Step =
  | { readonly kind: 'input'; readonly to: Slot; readonly input: number }
  | { readonly kind: 'constant'; readonly to: Slot; readonly values: readonly (number | string)[] }
  | {
      readonly kind: 'encode'
      readonly to: Slot
      readonly from: Slot
      readonly keys: readonly string[]
      readonly values: readonly number[]
      readonly otherwise: number
    }
  | { readonly kind: 'concat'; readonly to: Slot; readonly parts: readonly Slot[] }
  | {
      readonly kind: 'elementwise'
      readonly operation: Elementwise
      readonly to: Slot
      readonly left: Slot
      readonly right: Slot
    }
  | { readonly kind: 'map'; readonly mapping: Mapping; readonly to: Slot; readonly from: Slot }
  | {
      readonly kind: 'where'
      readonly to: Slot
      readonly condition: Slot
      readonly then: Slot
      readonly otherwise: Slot
    }
  /** `weights` row by row: one row an element of `from`. */
  | {
      readonly kind: 'multiply-matrix'
      readonly to: Slot
      readonly from: Slot
      readonly weights: readonly number[]
    }
  | { readonly kind: 'softmax'; readonly to: Slot; readonly from: Slot }
  | { readonly kind: 'arg-max'; readonly to: Slot; readonly from: Slot }
  | { readonly kind: 'pick'; readonly to: Slot; readonly list: Slot; readonly index: Slot }
  | { readonly kind: 'trees'; readonly to: Slot; readonly from: Slot; readonly lists: TreeLists }

/** A named value that goes in or comes out. */
export interface Port {
  readonly name: string
  readonly slot: Slot
}

/** What a model computes on one row, in order. */
export interface RowProgram {
  readonly inputs: readonly Port[]
  readonly steps: readonly Step[]
  readonly outputs: readonly Port[]
}
