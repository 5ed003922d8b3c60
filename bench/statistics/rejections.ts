import {
  andersonDarling,
  type Comparison,
  categoryCells,
  chiSquareContingency,
  chiSquareOneWay,
  cramerVonMises,
  eppsSingleton,
  fisherExact,
  gTest,
  kolmogorovSmirnov,
  leastSquaresDensityDifference,
  mannWhitney,
  maximumMeanDiscrepancy,
  type Outcome,
  type Random,
  seededRandom,
  textDescriptorDrift,
  tTest,
  twoProportionZ,
} from '@kaizen/ml'

type Draw = (random: Random) => number

const normal: Draw = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const exponential: Draw = (random) => -Math.log(1 - random())
const tied: Draw = (random) => Math.floor(5 * random())
const flag =
  (p: number): Draw =>
  (random) =>
    random() < p ? 1 : 0

/** What both samples are drawn from. */
export const SCENARIOS = {
  same: { title: 'same normal', kind: 'numbers', draws: [normal, normal] },
  sameSkewed: { title: 'same exponential', kind: 'numbers', draws: [exponential, exponential] },
  sameTied: { title: 'same of 5 values', kind: 'any', draws: [tied, tied] },
  sameFlag: { title: 'same share 0.3', kind: 'flags', draws: [flag(0.3), flag(0.3)] },
  shifted: {
    title: 'mean + 0.5',
    kind: 'numbers',
    draws: [normal, (r: Random) => normal(r) + 0.5],
  },
  wider: {
    title: 'spread x 1.5',
    kind: 'numbers',
    draws: [normal, (r: Random) => 1.5 * normal(r)],
  },
  otherShare: { title: 'share 0.3 to 0.5', kind: 'flags', draws: [flag(0.3), flag(0.5)] },
} as const satisfies Record<
  string,
  { title: string; kind: 'numbers' | 'flags' | 'any'; draws: readonly [Draw, Draw] }
>

type Test = (a: Float64Array, b: Float64Array) => Outcome<Comparison>
const cells = (a: Float64Array, b: Float64Array) => categoryCells([...a], [...b])
/** Texts whose words and signs go with the numbers. */
const texts = (numbers: Float64Array): string[] =>
  Array.from(numbers, (x) => 'word '.repeat(Math.max(1, Math.round(3 * (x + 4)))))
const PERMUTED = { permutations: 99, seed: 1 }

/** The tests with a p-value, and what they are for. */
export const TESTS = {
  'ks, exact': { kind: 'numbers', run: (a, b) => kolmogorovSmirnov(a, b, { method: 'exact' }) },
  'ks, asymptotic': {
    kind: 'numbers',
    run: (a, b) => kolmogorovSmirnov(a, b, { method: 'asymptotic' }),
  },
  'cramer-von-mises': { kind: 'numbers', run: (a, b) => cramerVonMises(a, b) },
  'anderson-darling': { kind: 'numbers', run: (a, b) => andersonDarling(a, b) },
  'mann-whitney': { kind: 'numbers', run: (a, b) => mannWhitney(a, b) },
  'mann-whitney, exact': { kind: 'few', run: (a, b) => mannWhitney(a, b, { method: 'exact' }) },
  't-test': { kind: 'numbers', run: (a, b) => tTest(a, b, { equalVariances: true }) },
  welch: { kind: 'numbers', run: (a, b) => tTest(a, b) },
  'epps-singleton': { kind: 'numbers', run: (a, b) => eppsSingleton(a, b) },
  'mmd, linear time': {
    kind: 'numbers',
    run: (a, b) => maximumMeanDiscrepancy(a, b, { estimator: 'linear' }),
  },
  'mmd, permuted': { kind: 'permuted', run: (a, b) => maximumMeanDiscrepancy(a, b, PERMUTED) },
  'lsdd, permuted': {
    kind: 'permuted',
    run: (a, b) => leastSquaresDensityDifference(a, b, { ...PERMUTED, centres: 30 }),
  },
  'chi-square': { kind: 'counts', run: (a, b) => chiSquareContingency(cells(a, b)) },
  'chi-square, reference exact': { kind: 'counts', run: (a, b) => chiSquareOneWay(cells(a, b)) },
  'g-test': { kind: 'counts', run: (a, b) => gTest(cells(a, b)) },
  'text descriptors': { kind: 'few', run: (a, b) => textDescriptorDrift(texts(a), texts(b)) },
  'z-test': { kind: 'flags', run: (a, b) => twoProportionZ(cells(a, b)) },
  'fisher-exact': { kind: 'flags', run: (a, b) => fisherExact(cells(a, b)) },
} as const satisfies Record<
  string,
  { kind: 'numbers' | 'few' | 'permuted' | 'counts' | 'flags'; run: Test }
>

const LEVEL = 0.05
const ROWS = 100
const FEW_ROWS = 40
const FEW_RUNS = 400

const fits = (test: keyof typeof TESTS, scenario: keyof typeof SCENARIOS): boolean => {
  const [kind, data] = [TESTS[test].kind, SCENARIOS[scenario].kind]
  if (kind === 'flags') return data === 'flags'
  if (kind === 'counts') return data !== 'numbers'
  if (kind === 'few') return data === 'numbers'
  return data !== 'flags'
}

/** The share of sample pairs for which the test rejects at 5 %; null where it is not for such data. */
export const rejections = (
  test: keyof typeof TESTS,
  scenario: keyof typeof SCENARIOS,
  runs: number,
): number | null => {
  if (!fits(test, scenario)) return null
  const { kind, run } = TESTS[test]
  const [drawA, drawB] = SCENARIOS[scenario].draws
  const random = seededRandom(77)
  const isShort = kind === 'permuted' || kind === 'few'
  const rows = isShort ? FEW_ROWS : ROWS
  const times = isShort ? Math.min(runs, FEW_RUNS) : runs
  let rejected = 0
  for (let i = 0; i < times; i++) {
    const a = Float64Array.from({ length: rows }, () => drawA(random))
    const b = Float64Array.from({ length: rows }, () => drawB(random))
    const outcome = run(a, b)
    if (outcome.status === 'ok' && (outcome.pValue ?? 1) <= LEVEL) rejected++
  }
  return rejected / times
}
