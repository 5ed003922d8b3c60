import { numericColumn } from '../data/column.ts'
import { tableOf } from '../data/table.ts'
import { type AndersonDarlingVariant, andersonDarling } from '../drift/anderson-darling.ts'
import { binnedComparison } from '../drift/binned.ts'
import {
  type CellCounts,
  categoryCells,
  distinctSturgesCells,
  doaneReferenceCells,
  numericCells,
  referenceCategoryCells,
  valueCells,
} from '../drift/cells.ts'
import {
  chiSquareContingency,
  chiSquareOneWay,
  cramersV,
  gTest,
  type Yates,
} from '../drift/chi-square.ts'
import { chooseTest } from '../drift/column-tests.ts'
import { cramerVonMises } from '../drift/cramer-von-mises.ts'
import {
  emptySample,
  hellinger,
  jensenShannon,
  kullbackLeibler,
  lInfinity,
  populationStabilityIndex,
  totalVariation,
} from '../drift/divergence.ts'
import { domainClassifier } from '../drift/domain-classifier.ts'
import { energyDistance } from '../drift/energy-distance.ts'
import { eppsSingleton } from '../drift/epps-singleton.ts'
import { fisherExact } from '../drift/fisher-exact.ts'
import { type KolmogorovSmirnovMethod, kolmogorovSmirnov } from '../drift/kolmogorov-smirnov.ts'
import { type Alternative, mannWhitney } from '../drift/mann-whitney.ts'
import { maximumMeanDiscrepancy } from '../drift/maximum-mean-discrepancy.ts'
import { type Correction, correctTests } from '../drift/multiple-testing.ts'
import { fitPcaReconstruction, pcaReconstructionError } from '../drift/pca-reconstruction.ts'
import type { RowsOfNumbers } from '../drift/points.ts'
import { twoProportionZ } from '../drift/proportion.ts'
import type { Comparison } from '../drift/result.ts'
import { tTest } from '../drift/t-test.ts'
import { wasserstein } from '../drift/wasserstein.ts'
import type { Outcome } from '../outcome.ts'
import { kolmogorovSurvival } from '../special/kolmogorov.ts'
import type { ParityFunction } from './parity-function.ts'
import { group, type Inputs, numbers, type Parameters, values } from './values.ts'

const pair = (inputs: Inputs) => [numbers(inputs, 'reference'), numbers(inputs, 'current')] as const
const loosePair = (inputs: Inputs) =>
  [values(inputs, 'reference'), values(inputs, 'current')] as const

/** Names of the tests as the schema spells them, where they differ from this package's. */
const TEST_NAMES: Readonly<Record<string, string>> = {
  'chi-square': 'chisquare',
  'jensen-shannon': 'jensenshannon',
  'z-test': 'z',
}

/** A comparison under the output names of the schema. */
const outputs = (outcome: Outcome<Comparison>) =>
  outcome.status === 'ok'
    ? {
        statistic: outcome.statistic,
        pValue: outcome.pValue,
        df: outcome.degreesOfFreedom,
        value: outcome.statistic,
        distance: outcome.statistic,
      }
    : outcome

const cells = (inputs: Inputs, parameters: Parameters): CellCounts => {
  const binning = String(parameters['bins'] ?? 'categories')
  if (binning === 'reference categories') return referenceCategoryCells(...loosePair(inputs))
  if (binning === 'categories') return categoryCells(...loosePair(inputs))
  if (binning === 'distinct-values') return valueCells(...pair(inputs))
  if (binning === 'doane-reference') return doaneReferenceCells(...pair(inputs))
  if (binning.includes('DISTINCT')) return distinctSturgesCells(...pair(inputs))
  return numericCells(...pair(inputs))
}

const alternativeOf = (name: unknown): Alternative => (name ?? 'two-sided') as Alternative

const yatesOf = ({ yates }: Parameters): Yates =>
  yates === true ? 'always' : yates ? 'two-by-two' : 'never'

const byCells =
  (compute: (cells: CellCounts) => Outcome<Comparison>): ParityFunction =>
  (inputs, parameters) =>
    outputs(compute(cells(inputs, parameters)))

/** The drift family of the parity schema. */
export const DRIFT_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  ks: (inputs, { method, alternative }) => {
    if (method === 'binned') return outputs(binnedComparison(...pair(inputs), 'ks'))
    return outputs(
      kolmogorovSmirnov(...pair(inputs), {
        method: method as KolmogorovSmirnovMethod,
        alternative: alternativeOf(alternative),
      }),
    )
  },
  wasserstein: (inputs, { normalise, threshold, method }) => {
    if (method === 'binned') return outputs(binnedComparison(...pair(inputs), 'wasserstein'))
    const scale = normalise === 'reference-std' ? 'reference-std' : 'none'
    const outcome = wasserstein(...pair(inputs), scale)
    if (outcome.status !== 'ok') return outcome
    return { ...outputs(outcome), drift: outcome.statistic >= Number(threshold) }
  },
  psi: byCells(populationStabilityIndex),
  'kl-divergence': (inputs, parameters) => {
    const counts = cells(inputs, parameters)
    const isReversed = String(parameters['direction'] ?? '').startsWith('current')
    const outcome = kullbackLeibler(
      isReversed ? { ...counts, reference: counts.current, current: counts.reference } : counts,
    )
    if (outcome.status !== 'ok' || parameters['base'] !== 2) return outputs(outcome)
    return { value: outcome.statistic / Math.LN2 }
  },
  'jensen-shannon': (inputs, parameters) => {
    const outcome = jensenShannon(cells(inputs, parameters), parameters['base'] === 2 ? 2 : 'e')
    // The divergence is the square of the distance.
    if (outcome.status === 'ok' && parameters['root'] === false)
      return { value: outcome.statistic ** 2 }
    return outputs(outcome)
  },
  hellinger: byCells(hellinger),
  'total-variation': byCells(totalVariation),
  'l-infinity': byCells(lInfinity),
  'cramers-v': (inputs, parameters) => {
    const counts = cells(inputs, parameters)
    const empty = emptySample('cramers-v', counts)
    if (empty) return empty
    const biasCorrection = parameters['biasCorrection'] === true
    return { value: counts.reference.length < 2 ? null : cramersV(counts, { biasCorrection }) }
  },
  'chi-square': (inputs, parameters) => {
    const counts = cells(inputs, parameters)
    if (parameters['form'] === 'one-way') return outputs(chiSquareOneWay(counts))
    return outputs(chiSquareContingency(counts, yatesOf(parameters)))
  },
  'g-test': (inputs, parameters) => outputs(gTest(cells(inputs, parameters), yatesOf(parameters))),
  'z-test': byCells(twoProportionZ),
  'choose-test': (inputs, { columnType }) => {
    const test = chooseTest(
      columnType === 'numeric'
        ? { kind: 'numeric', reference: pair(inputs)[0], current: pair(inputs)[1] }
        : { kind: 'categorical', reference: loosePair(inputs)[0], current: loosePair(inputs)[1] },
    )
    return { test: TEST_NAMES[test] ?? test }
  },
  'energy-distance': (inputs) => outputs(energyDistance(...pair(inputs))),
  'cramer-von-mises': (inputs, { method }) =>
    outputs(cramerVonMises(...pair(inputs), method === 'exact' ? 'exact' : 'asymptotic')),
  'anderson-darling': (inputs, { variant }) =>
    outputs(
      andersonDarling(...pair(inputs), {
        variant: (variant ?? 'midrank') as AndersonDarlingVariant,
      }),
    ),
  'mann-whitney': (inputs, { alternative, method, continuity }) =>
    outputs(
      mannWhitney(...pair(inputs), {
        alternative: alternativeOf(alternative),
        method: method === 'exact' ? 'exact' : 'asymptotic',
        continuity: continuity !== false,
      }),
    ),
  't-test': (inputs, { equalVariances, alternative }) =>
    outputs(
      tTest(...pair(inputs), {
        equalVariances: equalVariances === true,
        alternative: alternativeOf(alternative),
      }),
    ),
  'epps-singleton': (inputs, { t }) => outputs(eppsSingleton(...pair(inputs), t as number[])),
  'fisher-exact': (inputs, parameters) => {
    const outcome = fisherExact(cells(inputs, parameters), alternativeOf(parameters['alternative']))
    return outcome.status === 'ok' ? { ...outcome, oddsRatio: outcome.statistic } : outcome
  },
  mmd: (inputs, { sigma, estimator }) => {
    const rows = (name: string) => values(inputs, name) as unknown as RowsOfNumbers
    const outcome = maximumMeanDiscrepancy(rows('reference'), rows('current'), {
      estimator: estimator === 'biased' ? 'biased' : 'unbiased',
      ...(typeof sigma === 'number' ? { sigma } : {}),
    })
    return outcome.status === 'ok' ? { mmd2: outcome.statistic } : outcome
  },
  'multiple-testing': (inputs, { method, alpha }) =>
    correctTests(Array.from(numbers(inputs, 'pValues')), method as Correction, Number(alpha)),
  'pca-reconstruction': (inputs, { nComponents }) => {
    const columns = (name: string) => {
      const parts = group(inputs, name)
      return Object.keys(parts).map((column) => numbers(parts, column))
    }
    const fitted = fitPcaReconstruction(columns('reference'), Number(nComponents))
    if (fitted.status !== 'ok') return fitted
    const error = pcaReconstructionError(fitted, columns('current'))
    return { ...error, meanErrorReference: fitted.meanError }
  },
  'domain-classifier': (inputs, { folds }) => {
    const table = (name: string) => {
      const parts = group(inputs, name)
      return tableOf(
        Object.keys(parts).map((column) => numericColumn(column, numbers(parts, column))),
      )
    }
    const outcome = domainClassifier(table('reference'), table('current'), { folds: Number(folds) })
    return outcome.status === 'ok' ? { auroc: outcome.statistic } : outcome
  },
  'kolmogorov-survival': (_, { d, n }) => ({ pValue: kolmogorovSurvival(Number(d), Number(n)) }),
}
