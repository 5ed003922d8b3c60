import { describe, expect, it } from 'vitest'
import { aucInterval, compareAucs } from './auc-interval.ts'
import { clusteringAgreement } from './clustering-agreement.ts'
import { clusteringShape } from './clustering-shape.ts'
import { forecastMetrics, intervalForecastMetrics } from './forecasting.ts'

/** Figures equal the expected ones to ten digits. */
const expectClose = (actual: object, expected: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(expected)) {
    expect((actual as Readonly<Record<string, number>>)[name], name).toBeCloseTo(value, 10)
  }
}

describe('the area under the ROC curve by DeLong', () => {
  const label = [0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0]
  const a = [0.3, 0.7, 0.7, 0.6, 0.5, 0.7, 0.7, 0.5, 0, 0.9, 0.5, 0.2]
  const b = [0.6, 0.6, 0.5, 0.5, 0.2, 0.7, 0.5, 0.3, 0.5, 0.9, 0.3, 0.4]

  it('has the area of scikit-learn and the error of the definition over all pairs', () => {
    expectClose(aucInterval(label, a), { auc: 0.90625, standardError: 0.10431537004953502 })
  })

  it('compares two scores of the same rows', () => {
    expectClose(compareAucs(label, a, b), {
      difference: 0.421875,
      standardError: 0.16682934768798924,
      pValue: 0.011445919635635786,
    })
    expect(compareAucs(label, a, a)).toMatchObject({ difference: 0, pValue: 1 })
  })

  it('needs two rows of each class', () => {
    expect(aucInterval([0, 0, 1], [1, 2, 3])).toMatchObject({
      status: 'insufficient',
      have: 1,
      need: 2,
    })
  })
})

describe('agreement of clusters', () => {
  const classes = [0, 0, 1, 2, 0, 2, 1, 0, 1, 2, 2, 1, 0, 2, 0]
  const clusters = [3, 3, 1, 3, 3, 1, 3, 1, 0, 2, 3, 2, 1, 3, 1]

  it('has the figures of scikit-learn', () => {
    expectClose(clusteringAgreement(classes, clusters), {
      rand: 0.5714285714285714,
      adjustedRand: -0.02029799179442885,
      mutualInformation: 0.20736565505667723,
      normalizedMutualInformation: 0.18381455466714688,
      homogeneity: 0.19108720141247815,
      completeness: 0.17707519518910872,
      vMeasure: 0.18381455466714688,
      fowlkesMallows: 0.2857502857504286,
    })
  })

  it('is complete for the same partition under other names', () => {
    const renamed = classes.map((name) => ['x', 'y', 'z'][name]!)
    expectClose(clusteringAgreement(classes, renamed), {
      adjustedRand: 1,
      vMeasure: 1,
      fowlkesMallows: 1,
      purity: 1,
    })
  })
})

describe('shape of clusters', () => {
  const rows = [
    [-0.21, -0.93],
    [0.58, 0.58],
    [2.79, 2.22],
    [0.23, -2.49],
    [3.69, 3.49],
    [1.36, 3.06],
    [-0.96, 0.76],
    [-2.03, -0.91],
    [0.71, 1.16],
    [-2.16, -0.5],
    [0.33, -0.61],
    [1.59, -1.19],
  ]
  const clusters = [2, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1]

  it('has the figures of scikit-learn', () => {
    expectClose(clusteringShape(rows, clusters), {
      silhouette: -0.09873067837699023,
      calinskiHarabasz: 4.419553524769301,
      daviesBouldin: 1.8185894011275074,
    })
  })

  // scikit-learn's Davies-Bouldin differs in the eighth digit: its distances are rounded where they should be 0.
  it('needs two clusters', () => {
    expect(
      clusteringShape(
        rows,
        rows.map(() => 1),
      ),
    ).toMatchObject({ status: 'insufficient', have: 1, need: 2 })
  })
})

describe('forecasts', () => {
  const past = [25, 22.3, 22.3, 23.4, 21, 18.1, 17.6, 17.6, 24.1, 15.6, 18.2, 19]
  const actual = [20.7, 21.7, 16.3, 14.8, 20]
  const forecast = [21.9, 22.5, 16.5, 14.5, 20.3]

  it('have the errors of the definitions', () => {
    expectClose(forecastMetrics({ actual, forecast, past }, { season: 4 }), {
      mae: 0.5600000000000002,
      rmse: 0.6782329983125268,
      bias: 0.43999999999999984,
      smape: 0.02801967966229988,
      wape: 0.02994652406417113,
      mase: 0.170342205323194,
      rmsse: 0.18497741327433562,
      theilU2: 0.19207927996394136,
    })
  })

  it('are without a scale after a past that repeats, and refused after one that is too short', () => {
    const flat = forecastMetrics({ actual, forecast, past: [1, 2, 1, 2, 1] }, { season: 2 })
    expect(flat).toMatchObject({ mase: null, rmsse: null })
    expect(forecastMetrics({ actual, forecast, past: [1, 2] }, { season: 2 })).toMatchObject({
      have: 2,
      need: 3,
    })
  })

  it('as intervals count what falls outside', () => {
    const score = intervalForecastMetrics({ actual: [1, 5], lower: [0, 0], upper: [2, 4] }, 0.1)
    expect(score).toMatchObject({ coverage: 0.5, meanWidth: 3, winkler: 13 })
  })
})
