/**
 * `node bench/statistics/statistics.ts` times Kaizen's statistics and the Python libraries on the same bytes, one after the
 * other, each in one thread, in CPU seconds; prints JSON. `KAIZEN_BENCH_PYTHON` names a Python with the peers. With
 * names of figures behind it (`drift`, `profile`, `cbpe`, …) it measures those of Kaizen alone.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TreeEnsemble, treeShap } from '@kaizen/ml'
import { writeTables } from './drift-tables.ts'
import { drawInputs, writeInputs } from './inputs.ts'
import { kaizenParts, measureKaizen, type Seconds } from './kaizen.ts'

interface PeerAnswer {
  readonly seconds: Seconds
  readonly versions: Readonly<Record<string, string>>
}

interface JsonTree {
  readonly left: number[]
  readonly right: number[]
  readonly feature: number[]
  readonly threshold: number[]
  readonly value: number[]
  readonly cover: number[]
}

const FEATURES = 10
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** The model that the peer has fitted. */
const readEnsemble = async (folder: string): Promise<TreeEnsemble> => {
  const text = await readFile(join(folder, 'trees.json'), 'utf8')
  const { base, scale, trees } = JSON.parse(text) as {
    base: number
    scale: number
    trees: JsonTree[]
  }
  return {
    features: FEATURES,
    base,
    scale,
    trees: trees.map((tree) => ({
      left: Int32Array.from(tree.left),
      right: Int32Array.from(tree.right),
      feature: Int32Array.from(tree.feature),
      threshold: Float64Array.from(tree.threshold),
      value: Float64Array.from(tree.value),
      cover: Float64Array.from(tree.cover),
    })),
  }
}

/** Both explain the first row alike, to single precision. */
const checkSameValues = async (folder: string, ensemble: TreeEnsemble, row: Float64Array) => {
  const theirs = JSON.parse(await readFile(join(folder, 'first.json'), 'utf8')) as number[]
  const ours = treeShap(ensemble, [row]).values[0]!
  const apart = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)))
  if (!(apart < 1e-5)) throw new Error(`SHAP values differ by ${apart}`)
}

/** In a process of its own, whose peak of memory is that of the comparison. */
const measureTables = (folder: string): Seconds => {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, 'drift.ts'), folder], {
    encoding: 'utf8',
  })
  if (run.status !== 0) throw new Error(`drift of all columns was not measured: ${run.stderr}`)
  const { cpu, wall, peakMb } = JSON.parse(run.stdout) as Seconds
  return { driftReport: cpu!, driftWall: wall!, driftPeakMb: peakMb! }
}

/** Figures of Kaizen by name, which need no Python. */
const measureAlone = async (folder: string, names: readonly string[]): Promise<Seconds> => {
  const known = ['drift', ...Object.keys(kaizenParts)]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`no figure is named ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const inputs = drawInputs()
  let found: Seconds = {}
  for (const name of names) {
    if (name === 'drift') await writeTables(folder)
    const part = kaizenParts[name]
    found = { ...found, ...(part ? part(inputs) : measureTables(folder)) }
  }
  return found
}

const measureAll = async (folder: string) => {
  const inputs = drawInputs()
  await writeInputs(folder, inputs)
  await writeTables(folder)
  const python = process.env['KAIZEN_BENCH_PYTHON'] ?? 'python3'
  const peer = spawnSync(python, [join(import.meta.dirname, 'peers.py'), folder], {
    env: { ...process.env, ...oneThread, NML_DISABLE_USAGE_LOGGING: '1' },
    encoding: 'utf8',
  })
  process.stderr.write(peer.stderr ?? '')
  const answer = JSON.parse(peer.stdout || 'null') as PeerAnswer | null
  if (!answer?.versions['shap'])
    throw new Error(`${python} lacks shap, which fits the trees; see bench/statistics/README.md`)
  const ensemble = await readEnsemble(folder)
  await checkSameValues(folder, ensemble, inputs.rows.subarray(0, FEATURES))
  const kaizen = {
    ...measureKaizen(inputs, ensemble),
    ...measureTables(folder),
  }
  const versions = { node: process.versions.node, ...answer.versions }
  return { versions, kaizen, peers: answer.seconds }
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-statistics-'))
try {
  const names = process.argv.slice(2)
  const found = names.length > 0 ? await measureAlone(folder, names) : await measureAll(folder)
  process.stdout.write(`${JSON.stringify(found)}\n`)
} finally {
  await rm(folder, { recursive: true })
}
