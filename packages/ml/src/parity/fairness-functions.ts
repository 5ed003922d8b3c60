import {
  type GroupedMetric,
  type GroupMetricName,
  type GroupMetricsInput,
  groupMetrics,
} from '../fairness/group-metrics.ts'
import { type Groups, intersectGroups } from '../fairness/groups.ts'
import { generalizedEntropy } from '../fairness/inequality.ts'
import { removeCorrelation, reweigh } from '../fairness/mitigation.ts'
import {
  demographicParity,
  equalizedOdds,
  equalOpportunity,
  fourFifths,
} from '../fairness/parity.ts'
import { momentsOf, varianceOf } from '../sketches/moments.ts'
import type { ParityFunction } from './parity-function.ts'
import { group, type Inputs, numbers, type Parameters, values } from './values.ts'

const groupsOf = (inputs: Inputs): Groups => {
  if (!inputs['groups']) return values(inputs, 'group')
  const parts = group(inputs, 'groups')
  return intersectGroups(Object.keys(parts).map((name) => values(parts, name)))
}

const inputOf = (inputs: Inputs): GroupMetricsInput => ({
  label: numbers(inputs, 'label'),
  prediction: numbers(inputs, 'prediction'),
  groups: groupsOf(inputs),
  weights: inputs['weight'] ? numbers(inputs, 'weight') : undefined,
})

const namesOf = ({ metrics }: Parameters) => metrics as GroupMetricName[]

/** The schema nests aspect before metric. */
const byAspect = (metrics: Readonly<Record<string, GroupedMetric>>) => {
  const aspects = [
    'overall',
    'byGroup',
    'groupMin',
    'groupMax',
    'difference',
    'differenceToOverall',
    'ratio',
    'ratioToOverall',
  ] as const
  return Object.fromEntries(
    aspects.map((aspect) => [
      aspect,
      Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric[aspect]])),
    ]),
  )
}

/** Combinations of groups that do not occur have no figure. */
const withEmptyCells = (aspects: ReturnType<typeof byAspect>, inputs: Inputs) => {
  if (!inputs['groups']) return aspects
  const parts = group(inputs, 'groups')
  const names = Object.keys(parts)
    .map((name) => [...new Set(values(parts, name))].map(String))
    .reduce((left, right) => left.flatMap((a) => right.map((b) => `${a}|${b}`)))
  const empty = Object.fromEntries(names.map((name) => [name, null]))
  const byGroup = Object.entries(aspects['byGroup']!).map(([metric, found]) => [
    metric,
    { ...empty, ...(found as object) },
  ])
  return { ...aspects, byGroup: Object.fromEntries(byGroup) }
}

/** Differences and ratios within each level of a control feature. */
const withinLevels = (inputs: Inputs, parameters: Parameters) => {
  const { label, prediction, groups } = inputOf(inputs)
  const control = values(inputs, 'control')
  const levels = [...new Set(control)]
  const of = (aspect: 'difference' | 'ratio', metric: string) =>
    Object.fromEntries(
      levels.map((level) => {
        const keep = (_: unknown, row: number) => control[row] === level
        const part = groupMetrics(
          {
            label: Array.from(label).filter(keep),
            prediction: Array.from(prediction).filter(keep),
            groups: (groups as readonly string[]).filter(keep),
          },
          namesOf(parameters),
        )
        return [String(level), part.status === 'ok' ? part.metrics[metric]![aspect] : null]
      }),
    )
  const names = namesOf(parameters)
  return {
    difference: Object.fromEntries(names.map((name) => [name, of('difference', name)])),
    ratio: Object.fromEntries(names.map((name) => [name, of('ratio', name)])),
  }
}

/** The fairness family of the parity schema. */
export const FAIRNESS_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  'demographic-parity': (inputs) => demographicParity(inputOf(inputs)),
  'equalized-odds': (inputs) => equalizedOdds(inputOf(inputs)),
  'equal-opportunity': (inputs) => equalOpportunity(inputOf(inputs)),
  'four-fifths': (inputs, { threshold }) => fourFifths(inputOf(inputs), Number(threshold)),
  'metric-frame': (inputs, parameters) => {
    if (inputs['control']) return withinLevels(inputs, parameters)
    const result = groupMetrics(inputOf(inputs), namesOf(parameters))
    if (result.status !== 'ok') return result
    return withEmptyCells(byAspect(result.metrics), inputs)
  },
  reweighing: (inputs) => reweigh(numbers(inputs, 'label'), groupsOf(inputs)),
  'generalized-entropy': (inputs, _, expected) =>
    generalizedEntropy(
      numbers(inputs, 'label'),
      numbers(inputs, 'prediction'),
      Object.keys((expected['alpha'] ?? {}) as object).map(Number),
    ),
  'correlation-remover': (inputs, { alpha }, expected) => {
    const parts = group(inputs, 'features')
    const features = Object.keys(parts).map((name) => numbers(parts, name))
    const columns = removeCorrelation(features, [numbers(inputs, 'sensitive')], Number(alpha))
    const moments = columns.map(momentsOf)
    const rows = ((expected['firstRows'] as unknown[]) ?? []).length
    return {
      firstRows: Array.from({ length: rows }, (_, row) => columns.map((column) => column[row])),
      columnMeans: moments.map(({ mean }) => mean),
      columnStd: moments.map((m) => Math.sqrt(varianceOf(m, 0) ?? Number.NaN)),
    }
  },
}
