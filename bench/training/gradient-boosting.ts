import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BoostingOptions,
  type CategoricalColumn,
  type Table,
  takeRows,
  trainers,
} from '@kaizen/ml'
import { readAdult, readBike } from './datasets.ts'
import { type PeerName, Peers, peerNames } from './peers.ts'
import { areaUnderCurve, logLoss, rootMeanSquaredError } from './scores.ts'
import { randomFifth, synthetic } from './synthetic.ts'

/** One comparison: fit time on `train`, accuracy on `test`. */
interface Case {
  readonly name: string
  readonly train: Table
  readonly test: Table | null
  readonly target: string
  readonly options: BoostingOptions
}

type Trainer = 'kaizen' | PeerName
type Scores = Readonly<Record<string, number>>

interface Result {
  readonly case: string
  readonly rows: number
  readonly features: number
  /** By trainer, the seconds of each fit, in the order of the pairs. */
  readonly seconds: Readonly<Record<Trainer, number[]>>
  readonly scores: Partial<Record<Trainer, Scores>>
}

const trees = 100
const pairs = Number(process.env['KAIZEN_BENCH_PAIRS'] ?? 5)
const python = process.env['KAIZEN_BENCH_PYTHON'] ?? 'python3'

const cases = (): (() => Case)[] => [
  () => ({
    name: 'adult',
    train: readAdult('train'),
    test: readAdult('test'),
    target: 'income',
    options: {},
  }),
  () => {
    const bike = readBike()
    const [test, train] = randomFifth(bike)
    return {
      name: 'bike',
      train: takeRows(bike, train),
      test: takeRows(bike, test),
      target: 'cnt',
      options: {},
    }
  },
  ...(['classification', 'regression'] as const).map((task) => () => ({
    name: `synthetic ${task}`,
    train: synthetic(1_000_000, 20, task),
    test: null,
    target: 'y',
    options: task === 'classification' ? ({ objective: 'binary-logloss' } as const) : {},
  })),
]

/** Row-major float64 for the peers: features (codes for categories, -1 or NaN if missing), then the target. */
const writeMatrix = async (
  path: string,
  table: Table,
  { train, target }: Pick<Case, 'train' | 'target'>,
): Promise<void> => {
  const ordered = [
    ...table.columns.filter(({ name }) => name !== target),
    ...table.columns.filter(({ name }) => name === target),
  ]
  const matrix = new Float64Array(table.rowCount * ordered.length)
  for (const [index, column] of ordered.entries()) {
    const values = column.kind === 'numeric' ? column.values : codesAsIn(train, column)
    for (let row = 0; row < table.rowCount; row++)
      matrix[row * ordered.length + index] = values[row]!
  }
  await writeFile(path, new Uint8Array(matrix.buffer))
}

/** A column's codes in the dictionary of the training table; -1 for what that never saw. */
const codesAsIn = (train: Table, column: CategoricalColumn): Int32Array => {
  const known = train.columns.find(({ name }) => name === column.name)
  if (known?.kind !== 'categorical')
    throw new Error(`'${column.name}' is not categorical in training`)
  return column.codes.map((code) => known.dictionary.indexOf(column.dictionary[code] ?? ''))
}

const targetValues = (table: Table, target: string): Float64Array => {
  const column = table.columns.find(({ name }) => name === target)
  if (!column) throw new Error(`no column '${target}'`)
  return Float64Array.from(column.kind === 'numeric' ? column.values : column.codes)
}

const scoresOf = (predicted: ArrayLike<number>, subject: Case): Scores => {
  const actual = targetValues(subject.test!, subject.target)
  return subject.name === 'bike'
    ? { rmse: rootMeanSquaredError(predicted, actual) }
    : { auc: areaUnderCurve(predicted, actual), logLoss: logLoss(predicted, actual) }
}

const fitKaizen = (subject: Case): { seconds: number; scores: Scores | null } => {
  const start = performance.now()
  const model = trainers['gradient-boosting'].fit(subject.train, subject.target, {
    ...subject.options,
    iterations: trees,
  })
  const seconds = (performance.now() - start) / 1000
  if (!subject.test) return { seconds, scores: null }
  const prediction = model.predict(subject.test)
  const predicted =
    prediction.task === 'regression'
      ? prediction.values
      : Float64Array.from(prediction.labels, (_, row) => prediction.probabilities[row * 2 + 1]!)
  return { seconds, scores: scoresOf(predicted, subject) }
}

const compare = async (subject: Case, peers: Peers, folder: string): Promise<Result> => {
  const path = join(folder, `${subject.name}.bin`)
  const testPath = join(folder, `${subject.name}-test.bin`)
  await writeMatrix(path, subject.train, subject)
  if (subject.test) await writeMatrix(testPath, subject.test, subject)
  const features = subject.train.columns.filter(({ name }) => name !== subject.target)
  const isClass = subject.options.objective === 'binary-logloss' || subject.target === 'income'
  const request = {
    path,
    rows: subject.train.rowCount,
    features: features.length,
    categorical: features.flatMap(({ kind }, index) => (kind === 'categorical' ? [index] : [])),
    task: isClass ? 'classification' : 'regression',
    trees,
    ...(subject.test ? { testPath, testRows: subject.test.rowCount } : {}),
  } as const
  const seconds: Record<Trainer, number[]> = { kaizen: [], 'scikit-learn': [], lightgbm: [] }
  const scores: Partial<Record<Trainer, Scores>> = {}
  for (let pair = 0; pair < pairs; pair++) {
    const own = fitKaizen(subject)
    seconds.kaizen.push(own.seconds)
    if (own.scores) scores.kaizen = own.scores
    for (const peer of peerNames) {
      const answer = await peers.fit({ ...request, peer })
      seconds[peer].push(answer.seconds)
      if (answer.predictions) scores[peer] = scoresOf(answer.predictions, subject)
    }
  }
  return {
    case: subject.name,
    rows: request.rows,
    features: request.features,
    seconds,
    scores,
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const formatScores = (scores: Scores | undefined): string =>
  Object.entries(scores ?? {})
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ')

const markdown = (results: readonly Result[]): string =>
  [
    '| data | rows x features | Kaizen s | scikit-learn s | LightGBM s | / scikit-learn | / LightGBM | Kaizen | scikit-learn | LightGBM |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...results.map(({ case: name, rows, features, seconds, scores }) => {
      const [own, ...others] = [seconds.kaizen, ...peerNames.map((peer) => seconds[peer])].map(
        median,
      )
      const times = [own!, ...others].map((value) => value.toFixed(2))
      const ratios = others.map((value) => (own! / value).toFixed(2))
      const quality = (['kaizen', ...peerNames] as const).map((who) => formatScores(scores[who]))
      return `| ${[name, `${rows} x ${features}`, ...times, ...ratios, ...quality].join(' | ')} |`
    }),
  ].join('\n')

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
try {
  using peers = await Peers.start(python)
  const results: Result[] = []
  for (const make of cases()) {
    const subject = make()
    const chosen = process.argv.slice(2)
    if (chosen.length > 0 && !chosen.some((name) => subject.name.startsWith(name))) continue
    results.push(await compare(subject, peers, folder))
    console.error(`${subject.name} done`)
  }
  const versions = { node: process.versions.node, ...peers.versions }
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, threadsUsed: 1 }
  console.log(JSON.stringify({ versions, machine, trees, pairs, results }))
  console.log(`\n${markdown(results)}`)
} finally {
  await rm(folder, { recursive: true })
}
