import type { GraphBuilder, ValueName } from '../onnx/graph-builder.ts'
import { categoricalInput, numericInput } from '../onnx/model-graph.ts'
import type { ColumnPreprocessing, Preprocessing } from './chain.ts'

/** Adds a chain to a graph: named inputs in, one float64 matrix `[N, width]` out. */
export const addPreprocessing = (builder: GraphBuilder, chain: Preprocessing): ValueName => {
  const columns = chain.map((step) =>
    step.kind === 'numeric' ? addNumeric(builder, step) : addCategorical(builder, step),
  )
  return builder.add('Concat', columns, { axis: { int: 1 } })
}

const addNumeric = (
  builder: GraphBuilder,
  step: Extract<ColumnPreprocessing, { kind: 'numeric' }>,
): ValueName => {
  const value = numericInput(builder, step.feature)
  const isMissing = builder.add('IsNaN', [value])
  const filled = builder.add('Where', [isMissing, builder.doubles([step.fill]), value])
  const centred = builder.add('Sub', [filled, builder.doubles([step.mean])])
  return builder.add('Div', [centred, builder.doubles([step.scale])])
}

const addCategorical = (
  builder: GraphBuilder,
  step: Extract<ColumnPreprocessing, { kind: 'one-hot' | 'ordinal' }>,
): ValueName => {
  const { feature: name, categories } = step
  const raw = categoricalInput(builder, { kind: 'categorical', name, categories })
  const isNone = builder.add('Equal', [raw, builder.doubles([0])])
  const code = builder.add('Where', [isNone, builder.doubles([step.fill + 1]), raw])
  if (step.kind === 'ordinal') return builder.add('Sub', [code, builder.doubles([1])])
  const codes = builder.doubles(categories.map((_, index) => index + 1))
  return builder.cast(builder.add('Equal', [code, codes]), 'double')
}
