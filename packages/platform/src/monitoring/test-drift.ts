import { driftOf } from './drift/drift.ts'
import { profileOf } from './drift/reference.ts'
import { variationOf } from './drift/variation.ts'
import type { DriftMethod } from './model.ts'
import { judgedBy } from './thresholds.ts'

const tableOf = (values: Float64Array) => ({
  rowCount: values.length,
  columns: [{ name: 'x', type: 'number' as const, values }],
})

/**
 * For the study of detection: whether each window of a column has drifted from a reference, by the customary bound of each
 * method and by three deviations of the reference's own variation.
 */
export function driftedWindows(
  reference: Float64Array,
  windows: readonly Float64Array[],
  methods: readonly DriftMethod[],
) {
  const table = tableOf(reference)
  const profile = profileOf(table, null)
  const { values } = variationOf(profile, { table, prediction: null }, methods)
  const reports = windows.map((window) => {
    const inputs = tableOf(window)
    return driftOf({ reference: profile, inputs, prediction: null, methods, columns: [] })
  })
  return methods.map((method) => {
    const metric = `drift:x:${method}`
    const found = reports.map(({ statistics }) => statistics.find((one) => one.metric === metric)!)
    const rule = { metric, deviations: 3, baseline: 'reference' as const, history: 30 }
    const given = { earlier: values[metric] ?? [], reference: null }
    return {
      customary: found.map(({ drifted }) => drifted === true),
      own: found.map((one) => judgedBy(rule, one, given).drifted === true),
    }
  })
}
