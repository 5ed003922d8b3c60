import { numericColumn } from '../data/column.ts'
import { type Table, tableOf } from '../data/table.ts'
import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { andersonDarling } from './anderson-darling.ts'
import { numbersOf, singleCellsOf } from './column-tests.ts'
import { cramerVonMises } from './cramer-von-mises.ts'
import { domainClassifier } from './domain-classifier.ts'
import { type ColumnPair, type ContentPair, driftTest } from './drift-test.ts'
import { embeddingDrift } from './embedding-drift.ts'
import { energyDistance } from './energy-distance.ts'
import { eppsSingleton } from './epps-singleton.ts'
import { fisherExact } from './fisher-exact.ts'
import { leastSquaresDensityDifference } from './least-squares-density-difference.ts'
import { mannWhitney } from './mann-whitney.ts'
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy.ts'
import { type Points, pointsOf, type RowsOfNumbers } from './points.ts'
import { tTest } from './t-test.ts'
import { textDescriptorDrift } from './text-descriptor-drift.ts'
import { type Texts, textDrift } from './text-drift.ts'

/** Permutation tests take this many rows of either sample at most, evenly spaced: their cost grows with the square. */
const KERNEL_ROWS = 500
const PERMUTATIONS = 199

const both = ['numeric', 'categorical'] as const

/** Evenly spaced finite values. */
const thinned = (values: Numbers): Float64Array => {
  const finite = finiteOf(values)
  const every = Math.ceil(finite.length / KERNEL_ROWS)
  return every <= 1 ? finite : finite.filter((_, i) => i % every === 0)
}

const sample = ({ reference, current }: Extract<ColumnPair, { kind: 'numeric' }>) =>
  [thinned(reference), thinned(current)] as const

const column = (pair: ColumnPair): Extract<ColumnPair, { kind: 'numeric' }> =>
  pair.kind === 'numeric' ? pair : { kind: 'numeric', reference: [], current: [] }

/** Further tests of one column, each with its customary threshold. */
export const FURTHER_COLUMN_TESTS = {
  'cramer-von-mises': driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    cramerVonMises(...numbersOf(pair)),
  ),
  'anderson-darling': driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    andersonDarling(...numbersOf(pair)),
  ),
  'mann-whitney': driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    mannWhitney(...numbersOf(pair)),
  ),
  't-test': driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    tTest(...numbersOf(pair), { equalVariances: true }),
  ),
  welch: driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    tTest(...numbersOf(pair), { equalVariances: false }),
  ),
  'epps-singleton': driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    eppsSingleton(...numbersOf(pair)),
  ),
  'energy-distance': driftTest<ColumnPair>(['numeric'], ['at-least', 0.1], (pair) =>
    energyDistance(...numbersOf(pair)),
  ),
  'fisher-exact': driftTest<ColumnPair>(both, ['p-below', 0.05], (pair) =>
    fisherExact(singleCellsOf(pair)),
  ),
  mmd: driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    maximumMeanDiscrepancy(...sample(column(pair)), { permutations: PERMUTATIONS }),
  ),
  lsdd: driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    leastSquaresDensityDifference(...sample(column(pair)), { permutations: PERMUTATIONS }),
  ),
} as const

/** Areas under the ROC curve from here on are drift. */
const TOLD_APART = 0.55
/** A share of moved components from here on is drift. */
const MOVED = 0.2

const texts = (pair: ContentPair): readonly [Texts, Texts] =>
  pair.kind === 'text' ? [pair.reference, pair.current] : [[], []]

const vectors = (pair: ContentPair): readonly [RowsOfNumbers, RowsOfNumbers] =>
  pair.kind === 'embedding' ? [pair.reference, pair.current] : [[], []]

const tableFrom = ({ rows, dimension, values }: Points): Table =>
  tableOf(
    Array.from({ length: dimension }, (_, k) =>
      numericColumn(
        `component ${k}`,
        Float64Array.from({ length: rows }, (_, row) => values[row * dimension + k]!),
      ),
    ),
  )

/** Tests of texts and of embeddings, each with its customary threshold. */
export const CONTENT_TESTS = {
  'text-classifier': driftTest<ContentPair>(['text'], ['at-least', TOLD_APART], (pair) =>
    textDrift(...texts(pair)),
  ),
  'text-descriptors': driftTest<ContentPair>(['text'], ['p-below', 0.05], (pair) =>
    textDescriptorDrift(...texts(pair)),
  ),
  'embedding-share': driftTest<ContentPair>(['embedding'], ['at-least', MOVED], (pair) =>
    embeddingDrift(...vectors(pair), { method: 'share' }),
  ),
  'embedding-mean-cosine': driftTest<ContentPair>(['embedding'], ['at-least', MOVED], (pair) =>
    embeddingDrift(...vectors(pair), { method: 'mean-cosine' }),
  ),
  'embedding-mean-euclidean': driftTest<ContentPair>(['embedding'], ['at-least', MOVED], (pair) =>
    embeddingDrift(...vectors(pair), { method: 'mean-euclidean' }),
  ),
  'embedding-mmd': driftTest<ContentPair>(['embedding'], ['p-below', 0.05], (pair) =>
    embeddingDrift(...vectors(pair), { method: 'mmd' }),
  ),
  'embedding-classifier': driftTest<ContentPair>(
    ['embedding'],
    ['at-least', TOLD_APART],
    (pair) => {
      const [reference, current] = vectors(pair)
      return domainClassifier(tableFrom(pointsOf(reference)), tableFrom(pointsOf(current)))
    },
  ),
} as const
