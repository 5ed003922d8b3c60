import * as ml from '../index.ts'

/** Arguments for one call of a public function, made anew each time. */
type Call = () => readonly unknown[]

const random = ml.seededRandom(31)
const ROWS = 60
const drawn = Array.from({ length: ROWS }, () => random())
const others = Array.from({ length: ROWS }, () => random() * 2)
const bits = drawn.map((x) => (x > 0.45 ? 1 : 0))
const names = others.map((x) => 'abc'[Math.floor(1.5 * x)]!)

const a = () => Float64Array.from(drawn)
const b = () => Float64Array.from(others)
const y = () => Float64Array.from(bits)
const p = () => Float64Array.from(others, (x) => (x > 1 ? 1 : 0))
const points = () => drawn.map((x, i) => Float64Array.of(x, others[i]!))
const cells = () => ml.categoryCells(names, [...names.slice(10), 'a', 'd'])
const binary = () => ml.categoryCells(bits, [...bits.slice(5), 0, 1, 1])
const fair = () => ({ label: y(), prediction: p(), groups: names })
const scored = () => ({ label: y(), score: a(), groups: names.map((x) => (x === 'a' ? 'a' : 'b')) })
const table = () => ml.tableOf([ml.numericColumn('x', a()), ml.categoricalColumn('c', names)])
const labelled = () =>
  ml.tableOf([ml.numericColumn('x', a()), ml.numericColumn('z', b()), ml.numericColumn('y', y())])
const shares = () => [a(), Float64Array.from(drawn, (x) => 1 - x)]
const predict = (rows: readonly Float64Array[]) => rows.map((row) => 2 * row[0]! - row[1]! ** 2)
const ensemble = () => ({
  features: 2,
  base: 0.5,
  scale: 1,
  trees: [
    {
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(0, -1, -1),
      threshold: Float64Array.of(0.5, 0, 0),
      value: Float64Array.of(0, 1, 3),
      cover: Float64Array.of(10, 4, 6),
    },
  ],
})
const interval = { alpha: 0.05, vOpt: 10, alphaOpt: 0.05 }
const texts = (word: string) => names.map((name, i) => `${name} ${word} number ${i % 7}.`)
const arms = () =>
  [0.2, 0.5].map((reward) => ml.withReward({ count: 0, sum: 0, sumSquares: 0 }, reward, 9))
const cbpe = () =>
  ml.requireOk(ml.fitCbpe(y(), a(), { metric: 'roc_auc', chunkSize: 20, calibrate: true }))
const multiclass = () =>
  ml.requireOk(
    ml.fitMulticlassCbpe(y(), shares(), {
      metric: 'f1',
      chunkSize: 20,
      calibrate: [true, false],
    }),
  )
const randomised = () => ml.fitRandomisedThresholds(scored())
const encoded = () => ({ rowCount: ROWS, columns: [Float32Array.from(drawn)] })
const chain = () => ml.fitPreprocessing(encoded(), [{ kind: 'numeric', name: 'x' }])
const model = () => ml.fitModel({ trainer: 'linear', table: labelled(), target: 'y' })
const lossesOf = (losses: readonly number[]) =>
  losses.reduce((arm, loss) => ml.withLoss(arm, loss), ml.EMPTY_ARM)
const linear = () => ml.withLinearReward(ml.noLinearRewards(2), { context: [1, 2], reward: 1 }, 3)

const drift: Readonly<Record<string, Call>> = {
  andersonDarling: () => [a(), b()],
  binnedComparison: () => [a(), b(), 'ks'],
  categoryCells: () => [names, names.slice(3)],
  chiSquareContingency: () => [cells()],
  chiSquareOneWay: () => [cells()],
  chooseTest: () => [{ kind: 'numeric', reference: a(), current: b() }],
  correctTests: () => [[0.01, 0.4, 0.03], 'holm'],
  countCategories: () => [names],
  cramersV: () => [cells()],
  cramerVonMises: () => [a(), b()],
  detectColumnDrift: () => [{ kind: 'numeric', reference: a(), current: b() }],
  detectDrift: () => [{ kind: 'text', reference: texts('one'), current: texts('two') }],
  distinctSturgesCells: () => [a(), b()],
  doaneReferenceCells: () => [a(), b()],
  domainClassifier: () => [table(), table()],
  embeddingDrift: () => [points(), points(), { method: 'mmd', permutations: 9 }],
  energyDistance: () => [a(), b()],
  eppsSingleton: () => [a(), b()],
  fisherExact: () => [binary()],
  fitPcaReconstruction: () => [[a(), b()]],
  gTest: () => [cells()],
  hellinger: () => [cells()],
  jensenShannon: () => [cells()],
  kolmogorovSmirnov: () => [a(), b()],
  kolmogorovSmirnovOfSorted: () => [a().sort(), b().sort()],
  kullbackLeibler: () => [cells()],
  leastSquaresDensityDifference: () => [a(), b(), { permutations: 5 }],
  lInfinity: () => [cells()],
  mannWhitney: () => [a(), b()],
  maximumMeanDiscrepancy: () => [a(), b(), { permutations: 9 }],
  numericCells: () => [a(), b()],
  pcaReconstructionError: () => [ml.fitPcaReconstruction([a(), b()]), [b(), a()]],
  pointsFromColumns: () => [[a(), b()]],
  pointsOf: () => [points()],
  populationStabilityIndex: () => [cells()],
  referenceCategoryCells: () => [names, names.slice(3)],
  textDescriptorDrift: () => [texts('one'), texts('eleven')],
  textDrift: () => [texts('one'), texts('two')],
  totalVariation: () => [cells()],
  tTest: () => [a(), b()],
  twoProportionZ: () => [binary()],
  valueCells: () => [y(), p()],
  wasserstein: () => [a(), b()],
  wassersteinOfSorted: () => [a().sort(), b().sort()],
  describeText: () => ['Two words. And http://x.example 3!'],
}

const estimation: Readonly<Record<string, Call>> = {
  chunksOf: () => [50, { size: 20 }],
  densityRatios: () => [a(), { reference: 50, current: 50 }],
  deviationThreshold: () => [a()],
  equalCountCalibrationError: () => [y(), a()],
  estimateCbpe: () => [cbpe(), b().map((x) => x / 2)],
  estimateCbpeMetrics: () => [[cbpe()], b().map((x) => x / 2)],
  estimateDirectLoss: () => [
    ml.fitDirectLoss(table(), { prediction: a(), label: b() }, 'mae'),
    table(),
    { prediction: b(), metric: 'mae' },
  ],
  estimateMulticlassCbpe: () => [multiclass(), shares()],
  expectedConfusion: () => [p(), a()],
  expectedMetric: () => ['f1', { isPredicted: p(), probability: a(), score: a() }],
  expectedMetrics: () => [['f1', 'roc_auc'], { isPredicted: p(), probability: a(), score: a() }],
  expectedRanking: () => [a(), a()],
  fitCbpe: () => [y(), a(), { metric: 'f1', chunkSize: 20 }],
  fitCbpeMetrics: () => [y(), a(), { metrics: ['f1', 'roc_auc'], chunkSize: 20 }],
  fitDirectLoss: () => [table(), { prediction: a(), label: b() }, 'mae'],
  fitMulticlassCbpe: () => [
    y(),
    shares(),
    { metric: 'accuracy', chunkSize: 20, calibrate: [true, true] },
  ],
  importanceWeighted: () => [b(), a()],
  needsCalibration: () => [y(), a()],
  realizedLoss: () => ['rmse', a(), b()],
  realizedMetric: () => ['f1', y(), a(), 0.5],
  realizedMulticlassMetric: () => ['f1', y(), shares()],
  samplingError: () => ['roc_auc', { label: y(), isPredicted: p(), score: a() }, 20],
}

const metrics: Readonly<Record<string, Call>> = {
  applyIsotonic: () => [ml.fitIsotonic(a(), y()), b()],
  applyPlatt: () => [{ a: -2, b: 1 }, a()],
  aucInterval: () => [y(), a()],
  averagePrecision: () => [y(), a()],
  binaryLogLoss: () => [1, 0.3],
  binaryRankingMetrics: () => [y(), a(), b()],
  binaryThresholdMetrics: () => [y(), a(), { weights: b() }],
  bootstrapIntervals: () => [
    a(),
    (values: Float64Array) => values[0]! + values.length,
    { resamples: 50, confidence: 0.9, seed: 3 },
  ],
  businessValue: () => [
    { tn: 1, fp: 2, fn: 3, tp: 4 },
    { tn: 0, fp: -1, fn: -5, tp: 2 },
  ],
  calibrationCurve: () => [y(), a()],
  calibrationError: () => [y(), a()],
  clusteringAgreement: () => [names, bits],
  clusteringShape: () => [points(), bits],
  compareAucs: () => [y(), a(), b()],
  confusionMetrics: () => [{ tn: 1, fp: 2, fn: 3, tp: 4 }],
  correctedResampledTTest: () => [a(), b(), 0.2],
  differenceIntervals: () => [
    [3, 9],
    [5, 9],
  ],
  discountedGain: () => [y(), a()],
  fitIsotonic: () => [a(), y()],
  fitPlatt: () => [y(), a()],
  forecastMetrics: () => [{ actual: a(), forecast: b(), past: a() }],
  intervalForecastMetrics: () => [{ actual: a(), lower: a().map((x) => x - 1), upper: b() }],
  mcNemar: () => [5, 12],
  multiclassMetrics: () => [names, names.toReversed()],
  multiclassProbabilityMetrics: () => [y(), shares()],
  normalizedGain: () => [y(), a()],
  pairedBootstrap: () => [a(), b(), { resamples: 50, confidence: 0.9, seed: 1 }],
  pairedTTest: () => [a(), b()],
  pinballLoss: () => [a(), b(), 0.9],
  precisionRecallCurve: () => [y(), a()],
  probabilityLoss: () => [y(), a()],
  proportionIntervals: () => [8, 10],
  rankingAveragePrecision: () => [y(), a()],
  regressionMetrics: () => [a(), b()],
  rocCurve: () => [y(), a(), b()],
  squaredLoss: () => [a(), b()],
  wilcoxonSignedRank: () => [a(), b()],
}

const fairness: Readonly<Record<string, Call>> = {
  adverseImpact: () => [fair(), { minimumRows: 5 }],
  applyRandomisedThresholds: () => [randomised(), scored(), 3],
  demographicParity: () => [fair()],
  equalizedOdds: () => [fair()],
  equalOpportunity: () => [fair()],
  fitRandomisedThresholds: () => [scored()],
  fourFifths: () => [fair()],
  generalizedEntropy: () => [y(), p()],
  groupColumn: () => [names],
  groupMetrics: () => [fair(), ['accuracy', 'f1']],
  intersectGroups: () => [[names, bits]],
  optimizeThresholds: () => [scored()],
  removeCorrelation: () => [[a()], [b()]],
  reweigh: () => [y(), names],
  selectionChance: () => [randomised(), 'a', 0.4],
}

const explanations: Readonly<Record<string, Call>> = {
  accumulatedLocalEffects: () => [predict, points(), { feature: 0 }],
  anchor: () => [
    (rows: readonly Float64Array[]) => rows.map((row) => (row[0]! > 0.5 ? 1 : 0)),
    { row: points()[0], known: points() },
    { seed: 1 },
  ],
  counterfactuals: () => [
    predict,
    { row: points()[0], known: points() },
    { isWanted: (output: number) => output > 0.8, seed: 1 },
  ],
  equidistantGrid: () => [a(), 5],
  exactShapley: () => [predict, points().slice(0, 2), points()],
  expectedOutput: () => [ensemble()],
  interventionalTreeShap: () => [ensemble(), points().slice(0, 2), points().slice(5, 9)],
  kernelShap: () => [predict, { rows: points().slice(0, 2), background: points() }, { seed: 1 }],
  linearShap: () => [{ intercept: 1, coefficients: [2, 3] }, points(), points()],
  partialDependence: () => [predict, points(), { feature: 0, grid: [0, 0.5, 1] }],
  permutationImportance: () => [
    predict,
    { rows: points(), label: b() },
    { permutations: [drawn.map((_, i) => (i + 7) % ROWS)], loss: ml.squaredLoss },
  ],
  permutationShap: () => [
    predict,
    { rows: points().slice(0, 2), background: points() },
    { seed: 1 },
  ],
  predictEnsemble: () => [ensemble(), points()[0]],
  prototypes: () => [points(), { prototypes: 3 }],
  shapleyValues: () => [[0, 1, 2, 5], 2],
  treeShap: () => [ensemble(), points()],
  treeShapInteractions: () => [ensemble(), points().slice(0, 3)],
}

const sequential: Readonly<Record<string, Call>> = {
  alphaSpendingBoundary: () => ['pocock', { information: [0.5, 1], alpha: 0.05 }],
  asymptoticConfidenceSequence: () => [
    { n: 50, mean: 1, variance: 2 },
    { alpha: 0.05, rho: 0.1 },
  ],
  asymptoticRho: () => [500, 0.05],
  bernoulliConfidenceSequence: () => [30, 100, { alpha: 0.05, tOpt: 100 }],
  bernoulliSprt: () => [y(), { p0: 0.4, p1: 0.6, alpha: 0.05, beta: 0.2 }],
  betaBestArm: () => [
    [
      [5, 50],
      [8, 47],
    ],
  ],
  bettingSequence: () => [a(), 0.05],
  chooseUcb: () => [{ pulls: [3, 4], means: [0.2, 0.5] }],
  cohensH: () => [0.1, 0.2],
  compareArms: () => [lossesOf(drawn), lossesOf(others)],
  compareProportions: () => [{ successes: 12, trials: 100 }, { successes: 10, trials: 100 }, 0.02],
  cuped: () => [a(), b()],
  empiricalBernsteinSequence: () => [a(), 0.05],
  emptyLinUcbArm: () => [2],
  equivalenceTest: () => [a(), b(), { limits: [-1, 1], equalVariances: true }],
  exp3Probabilities: () => [[0, 1], 0.1],
  gammaExponentialBound: () => [10, { ...interval, c: 1 }],
  gaussianBestArm: () => [
    [
      { mean: 0, sd: 1 },
      { mean: 0.5, sd: 1 },
    ],
  ],
  greedyShares: () => [arms()],
  groupSequentialBoundary: () => ['pocock', { looks: 3, alpha: 0.05 }],
  hoeffdingSequence: () => [a(), 0.05],
  linearPosterior: () => [linear()],
  meanReward: () => [arms()[0]],
  msprt: () => [ml.MSPRT_START, { n: 10, mean: 0.4 }, { sigma: 1, tau: 0.5 }],
  msprtTwoProportions: () => [ml.MSPRT_START, { n: 10, shareA: 0.4, shareB: 0.5 }, 0.1],
  noLinearRewards: () => [2],
  normalBestShares: () => [
    [
      { mean: 0, sd: 1 },
      { mean: 0.5, sd: 1 },
    ],
  ],
  normalMixtureBoundary: () => [10, { alpha: 0.05, rho: 10 }],
  normalMixtureRho: () => [10, 0.05],
  offPolicyEstimate: () => [
    drawn.map((reward, i) => ({ arm: i % 2, propensity: 0.5, reward, target: [0.3, 0.7] })),
  ],
  oneSidedNormalBound: () => [10, interval],
  polynomialStitchingBound: () => [10, { alpha: 0.05, vMin: 10, c: 0, s: 1.4, eta: 2 }],
  powerOfMeans: () => [0.2, 100, 0.05],
  predictLinear: () => [ml.linearPosterior(linear()), [1, 0]],
  rewardExp3: () => [[0, 1], { arm: 0, reward: 1, gamma: 0.1 }],
  rewardLinUcb: () => [ml.emptyLinUcbArm(2), [1, 2], 1],
  rewardUcb: () => [{ pulls: [3, 4], means: [0.2, 0.5] }, 1, 1],
  rewardVariance: () => [arms()[0]],
  sampleRatioMismatch: () => [
    [50, 60],
    [0.5, 0.5],
  ],
  sampleSizeOfMeans: () => [0.2, { alpha: 0.05, power: 0.8 }],
  sampleSizeOfProportions: () => [0.1, 0.12, { alpha: 0.05, power: 0.8 }],
  scoreLinUcb: () => [ml.rewardLinUcb(ml.emptyLinUcbArm(2), [1, 2], 1), [1, 1], 1.5],
  subGaussianConfidenceSequence: () => [
    { n: 50, mean: 1 },
    { sigma: 1, alpha: 0.05, rho: 100 },
  ],
  thompsonBetaShares: () => [arms()],
  thompsonGaussianShares: () => [arms()],
  twoSidedNormalBound: () => [10, interval],
  ucbShares: () => [arms()],
  withExploration: () => [[0.2, 0.8], 0.1],
  withLinearReward: () => [linear(), { context: [1, 2], reward: 1 }],
  withLoss: () => [ml.EMPTY_ARM, 0.4],
  withReward: () => [arms()[0], 1],
}

const detectors: Readonly<Record<string, Call>> = {
  adwin: () => [],
  calibrateDetector: () => ['cusum', a(), { target: 60, runs: 5 }],
  calibrateRunLength: () => [
    (h: number) => ml.cusum({ h }),
    a(),
    { target: 60, range: [0.5, 40], runs: 5 },
  ],
  cusum: () => [],
  ddm: () => [],
  eddm: () => [],
  hddmA: () => [],
  hddmW: () => [],
  kswin: () => [],
  pageHinkley: () => [],
  runLength: () => [
    () => ml.cusum(),
    (next: () => number) => next(),
    { runs: 3, limit: 200, seed: 2 },
  ],
  stepd: () => [],
}

const profiles: Readonly<Record<string, Call>> = {
  categoryStatistics: () => [names],
  correlations: () => [a(), b()],
  duplicateRows: () => [[names, bits]],
  mergeMoments: () => [ml.momentsOf(a()), ml.momentsOf(b())],
  mergeProfiles: () => [
    ml.profileColumn(ml.numericColumn('x', a())),
    ml.profileColumn(ml.numericColumn('x', b())),
  ],
  momentsOf: () => [a()],
  profileColumn: () => [ml.categoricalColumn('c', names)],
  shapeOf: () => [ml.momentsOf(a())],
  sortedFinite: () => [a()],
  summarizeProfile: () => [ml.profileColumn(ml.numericColumn('x', a()))],
  varianceOf: () => [ml.momentsOf(a())],
}

const outliers: Readonly<Record<string, Call>> = {
  fitIsolationForest: () => [points(), { seed: 3, trees: 5 }],
  fitMahalanobis: () => [points()],
  isolationScores: () => [ml.fitIsolationForest(points(), { seed: 3, trees: 5 }), points()],
  mahalanobisDistances: () => [ml.fitMahalanobis(points()), points()],
  medianFences: () => [a()],
  neighbourDistances: () => [points(), points().slice(0, 4), 3],
  seasonalResiduals: () => [a(), { period: 6 }],
  tukeyFences: () => [a()],
}

const special: Readonly<Record<string, Call>> = {
  betaCdf: () => [0.3, 2, 3],
  betaQuantile: () => [0.3, 2, 3],
  binomialCdf: () => [3, 10, 0.4],
  binomialLogMass: () => [3, 10, 0.4],
  binomialMass: () => [3, 10, 0.4],
  binomialSurvival: () => [3, 10, 0.4],
  chiSquaredCdf: () => [3, 2],
  chiSquaredLogSurvival: () => [3, 2],
  chiSquaredQuantile: () => [0.3, 2],
  chiSquaredSurvival: () => [3, 2],
  fisherFCdf: () => [2, 3, 4],
  fisherFLogSurvival: () => [2, 3, 4],
  fisherFSurvival: () => [2, 3, 4],
  kolmogorovLimitSurvival: () => [0.7],
  kolmogorovSurvival: () => [0.2, 30],
  logBeta: () => [2, 3],
  logChoose: () => [10, 3],
  logGamma: () => [4.5],
  logRegularizedBeta: () => [0.3, 2, 3],
  logUpperGamma: () => [2, 3],
  lowerGamma: () => [2, 3],
  normalCdf: () => [1],
  normalDensity: () => [1],
  normalLogSurvival: () => [1],
  normalQuantile: () => [0.3],
  normalSurvival: () => [1],
  normalTwoSided: () => [1],
  regularizedBeta: () => [0.3, 2, 3],
  smirnovSurvival: () => [0.2, 30],
  studentTCdf: () => [1, 5],
  studentTLogSurvival: () => [1, 5],
  studentTQuantile: () => [0.3, 5],
  studentTSurvival: () => [1, 5],
  studentTTwoSided: () => [1, 5],
  upperGamma: () => [2, 3],
}

const tables: Readonly<Record<string, Call>> = {
  categoricalColumn: () => ['c', names],
  checkExpectation: () => [
    'expect_column_mean_to_be_between',
    { columns: { x: a() } },
    { column: 'x', min_value: 0 },
  ],
  columnFromCells: () => ['c', names],
  columnOf: () => [table(), 'x'],
  describeInsufficient: () => [{ method: 'ks', what: 'rows', have: 1, need: 2 }],
  drawnRows: () => [50, 5, ml.seededRandom(2)],
  fitModel: () => [{ trainer: 'linear', table: labelled(), target: 'y' }],
  fitPreprocessing: () => [encoded(), [{ kind: 'numeric', name: 'x' }]],
  insufficient: () => ['ks', 'rows', { have: 1, need: 2 }],
  isParseableDate: () => ['2024-02-29'],
  numericColumn: () => ['x', a()],
  permutation: () => [20, ml.seededRandom(4)],
  requireOk: () => [ml.kolmogorovSmirnov(a(), b())],
  restoreModel: () => [model().toJSON()],
  schemaOf: () => [table()],
  seededRandom: () => [3],
  selectColumns: () => [table(), ['c']],
  strftimePattern: () => ['%Y-%m-%d'],
  tableFromRows: () => [
    [
      { x: 1, c: 'a' },
      { x: 2, c: 'b' },
    ],
    ml.schemaOf(table()),
  ],
  tableOf: () => [[ml.numericColumn('x', a())]],
  takeRows: () => [table(), [0, 3, 5]],
  widthOf: () => [chain()],
}

/** A call of every public function, by its name. */
export const CALLS: Readonly<Record<string, Call>> = {
  ...drift,
  ...estimation,
  ...metrics,
  ...fairness,
  ...explanations,
  ...sequential,
  ...detectors,
  ...profiles,
  ...outliers,
  ...special,
  ...tables,
}

/** Functions that write into an argument, which is what they are for. */
export const WRITERS: ReadonlySet<string> = new Set([
  'addPreprocessing',
  'allTo',
  'encodeModel',
  'prepareRow',
])
