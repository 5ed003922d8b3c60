import { categoricalColumn, numericColumn, type Table, tableOf } from '@kaizen/ml/data'
import { type FittedModel, trainers } from '@kaizen/ml/estimators'
import { seededRandom } from '@kaizen/ml/random'

const random = seededRandom(5)
const rowCount = 600

const numbers = (gaps: number): Float32Array =>
  Float32Array.from({ length: rowCount }, () => (random() < gaps ? Number.NaN : random() * 100))

const texts = (values: readonly string[], gaps: number): (string | null)[] =>
  Array.from({ length: rowCount }, () =>
    random() < gaps ? null : values[Math.floor(random() * values.length)]!,
  )

/** Numbers and texts with gaps; names and categories that source code has to escape. */
const awkward = [
  'plain',
  'quo"te',
  "apo'strophe",
  'back\\slash',
  '??/ */',
  'zürich',
  '日本',
  'a\nb',
]
const amount = numbers(0.1)
const rate = numbers(0)
const town = texts(awkward, 0.1)
const score = Float64Array.from(
  { length: rowCount },
  (_, i) => (amount[i] || 30) / 10 + rate[i]! / 20 + (town[i] === 'zürich' ? 4 : 0) + random(),
)

export const table: Table = tableOf([
  numericColumn('amount', amount),
  numericColumn('int */ rate "x"', rate),
  categoricalColumn('town', town),
  categoricalColumn('few', texts(['p', 'q'], 0.2)),
  numericColumn('score', score),
  categoricalColumn(
    'good',
    Array.from(score, (value) => (value > 8 ? 'yes "y"' : 'no')),
  ),
  categoricalColumn(
    'level',
    Array.from(score, (value) => (value > 11 ? 'high' : value > 7 ? 'middle' : 'low')),
  ),
  numericColumn(
    'digit',
    Array.from(score, (value) => Math.floor(value) % 3),
  ),
])

const features = ['amount', 'int */ rate "x"', 'town', 'few']
const columns = (target: string): Table => ({
  ...table,
  columns: table.columns.filter(({ name }) => name === target || features.includes(name)),
})
const gb = trainers['gradient-boosting']
const some = { iterations: 20, minSamplesLeaf: 5 }

/** One model of every kind that is trained here. */
export const models: readonly (readonly [string, () => FittedModel])[] = [
  ['boosted regression', () => gb.fit(columns('score'), 'score', some)],
  ['boosted counts', () => gb.fit(columns('digit'), 'digit', { ...some, objective: 'poisson' })],
  [
    'boosted logarithms',
    () => gb.fit(columns('score'), 'score', { ...some, targetTransform: 'log1p' }),
  ],
  [
    'boosted constant',
    () => gb.fit(columns('score'), 'score', { iterations: 2, minSamplesLeaf: 9000 }),
  ],
  ['two classes of trees', () => gb.fit(columns('good'), 'good', some)],
  ['three classes of trees', () => gb.fit(columns('level'), 'level', some)],
  ['ridge', () => trainers.linear.fit(columns('score'), 'score')],
  [
    'ridge of logarithms',
    () => trainers.linear.fit(columns('score'), 'score', { targetTransform: 'log1p' }),
  ],
  ['logistic regression', () => trainers.logistic.fit(columns('good'), 'good')],
  ['logistic regression of three classes', () => trainers.logistic.fit(columns('level'), 'level')],
]
