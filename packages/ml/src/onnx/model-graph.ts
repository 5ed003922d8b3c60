import type { Feature } from '../data/features.ts'
import type { Classes } from '../data/target.ts'
import { GraphBuilder, type ValueName } from './graph-builder.ts'

/** A builder with one declared input a feature: `[N, 1]`, float32 for numbers, text for categories. */
export const graphWithInputs = (features: readonly Feature[]): GraphBuilder => {
  const builder = new GraphBuilder()
  for (const { kind, name } of features) {
    builder.input({ name, type: kind === 'numeric' ? 'float' : 'string', shape: [1] })
  }
  return builder
}

/** A numeric input as float64 `[N, 1]`. */
export const numericInput = (builder: GraphBuilder, name: string): ValueName =>
  builder.cast(name, 'double')

/** A categorical input as float64 `[N, 1]`: its code plus one, 0 for missing (empty) and unseen text. */
export const categoricalInput = (
  builder: GraphBuilder,
  feature: Extract<Feature, { kind: 'categorical' }>,
): ValueName => {
  const keys = feature.categories.length > 0 ? feature.categories : ['']
  const values = feature.categories.length > 0 ? keys.map((_, code) => code + 1) : [0]
  return builder.addMl('LabelEncoder', [feature.name], {
    keys_tensor: { tensor: { type: 'string', dims: [keys.length], data: keys } },
    values_tensor: { tensor: { type: 'double', dims: [values.length], data: values } },
    default_tensor: { tensor: { type: 'double', dims: [1], data: [0] } },
  })
}

/** Closes the graph of a regression: output `variable`, float32 `[N, 1]`. */
export const outputVariable = (builder: GraphBuilder, value: ValueName): void => {
  builder.output(builder.cast(value, 'float'), { name: 'variable', type: 'float', shape: [1] })
}

/**
 * Closes the graph of a classification: `label` `[N]` (text or int64) and `probabilities`,
 * float32 `[N, C]`, from float64 probabilities. Of equal ones the first class wins.
 */
export const outputClasses = (
  builder: GraphBuilder,
  probabilities: ValueName,
  classes: Classes,
): void => {
  const index = builder.add('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } })
  const isText = isTextual(classes)
  const labels = builder.constant(
    isText
      ? { type: 'string', dims: [classes.length], data: classes }
      : { type: 'int64', dims: [classes.length], data: classes },
  )
  const label = builder.add('Gather', [labels, index], { axis: { int: 0 } })
  builder.output(label, { name: 'label', type: isText ? 'string' : 'int64', shape: [] })
  builder.output(builder.cast(probabilities, 'float'), {
    name: 'probabilities',
    type: 'float',
    shape: [classes.length],
  })
}

const isTextual = (classes: Classes): classes is readonly string[] => typeof classes[0] === 'string'

/** Serialises with the model's facts as metadata: JSON under `kaizen.signature`, text under `kaizen.kind`. */
export const finishModel = (
  builder: GraphBuilder,
  facts: { readonly kind: string; readonly target: string; readonly features: readonly Feature[] },
): Uint8Array =>
  builder.finish(facts.target, {
    'kaizen.kind': facts.kind,
    'kaizen.target': facts.target,
    'kaizen.signature': JSON.stringify(builder.signature),
  })
