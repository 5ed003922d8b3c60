/** A constant of a condition. */
export type Constant = string | number | boolean

export const signs = ['==', '<', '<=', '>', '>='] as const
export type Sign = (typeof signs)[number]

export type Operand = { readonly column: string } | { readonly value: Constant }

/**
 * Which rows an expectation looks at. Every condition is true or false of a row, never unknown: a missing value is in
 * no comparison and no list, so that its negation holds, as in pandas.
 */
export type RowCondition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RowCondition[] }
  | { readonly kind: 'not'; readonly part: RowCondition }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'missing'; readonly column: string }
  | { readonly kind: 'in'; readonly column: string; readonly values: readonly Constant[] }
  | {
      readonly kind: 'compare'
      readonly column: string
      readonly sign: Sign
      readonly with: Operand
    }

export const not = (part: RowCondition): RowCondition =>
  part.kind === 'not' ? part.part : { kind: 'not', part }

/** Conditions in conditions at most. */
export const deepestCondition = 50
