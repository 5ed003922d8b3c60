import { stepd } from '../detectors/stepd.ts'
import { linearShap } from '../explanations/linear-shap.ts'
import { aucInterval, compareAucs } from '../metrics/auc-interval.ts'
import { clusteringAgreement } from '../metrics/clustering-agreement.ts'
import { clusteringShape } from '../metrics/clustering-shape.ts'
import { forecastMetrics, intervalForecastMetrics } from '../metrics/forecasting.ts'
import { rankingMetrics } from '../metrics/ranking-at.ts'
import { fitMahalanobis, mahalanobisDistances } from '../outliers/mahalanobis.ts'
import { neighbourDistances } from '../outliers/nearest-neighbours.ts'
import { medianFences, tukeyFences } from '../outliers/quantile-rules.ts'
import { correctedResampledTTest } from '../sampling/paired-tests.ts'
import { powerOfMeans, powerOfProportions } from '../sequential/sample-size.ts'
import { follow } from './detectors-functions.ts'
import type { ParityFunction } from './parity-function.ts'
import { type Inputs, listOf, numbers, values } from './values.ts'

const names = (inputs: Inputs, name: string) => values(inputs, name) as readonly (string | number)[]

/** Functions beyond the families of the schema, in its form. */
export const FURTHER_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  forecast: (inputs, { season }) =>
    forecastMetrics(
      {
        actual: numbers(inputs, 'actual'),
        forecast: numbers(inputs, 'forecast'),
        past: numbers(inputs, 'past'),
      },
      { season: Number(season ?? 1) },
    ),
  'interval-forecast': (inputs, { alpha }) =>
    intervalForecastMetrics(
      {
        actual: numbers(inputs, 'actual'),
        lower: numbers(inputs, 'lower'),
        upper: numbers(inputs, 'upper'),
      },
      Number(alpha ?? 0.05),
    ),
  'clustering-agreement': (inputs) =>
    clusteringAgreement(names(inputs, 'classes'), names(inputs, 'clusters')),
  'clustering-shape': (inputs) =>
    clusteringShape(listOf(inputs, 'rows'), names(inputs, 'clusters')),
  'auc-interval': (inputs, { confidence }) =>
    aucInterval(numbers(inputs, 'label'), numbers(inputs, 'score'), {
      confidence: Number(confidence ?? 0.95),
    }),
  'auc-comparison': (inputs) =>
    compareAucs(numbers(inputs, 'label'), numbers(inputs, 'a'), numbers(inputs, 'b')),
  'ranking-at': (inputs, { k }) => {
    const [relevance, score] = [listOf(inputs, 'relevance'), listOf(inputs, 'score')]
    return rankingMetrics(
      relevance.map((row, query) => ({ relevance: row, score: score[query]! })),
      Number(k),
    )
  },
  'corrected-resampled-t': (inputs, { testShare }) =>
    correctedResampledTTest(numbers(inputs, 'a'), numbers(inputs, 'b'), Number(testShare)),
  'power-proportions': (_, { p0, p1, n, alpha, ratio }) => ({
    power: powerOfProportions([Number(p0), Number(p1)], Number(n), {
      alpha: Number(alpha),
      ratio: Number(ratio ?? 1),
    }),
  }),
  'power-means': (_, { d, n, alpha }) => ({
    power: powerOfMeans(Number(d), Number(n), Number(alpha)),
  }),
  stepd: (inputs, parameters) => follow(inputs, stepd(parameters).update),
  'linear-shap': (inputs, { intercept, coefficients }) =>
    linearShap(
      { intercept: Number(intercept), coefficients: coefficients as number[] },
      listOf(inputs, 'rows'),
      listOf(inputs, 'background'),
    ),
  mahalanobis: (inputs) =>
    mahalanobisDistances(fitMahalanobis(listOf(inputs, 'reference')), listOf(inputs, 'rows')),
  'nearest-neighbours': (inputs, { k }) => ({
    distances: neighbourDistances(listOf(inputs, 'reference'), listOf(inputs, 'rows'), Number(k)),
  }),
  'tukey-fences': (inputs, { reach }) => tukeyFences(numbers(inputs, 'values'), Number(reach)),
  'median-fences': (inputs, { reach }) => medianFences(numbers(inputs, 'values'), Number(reach)),
}
