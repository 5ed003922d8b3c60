import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/column.ts'
import { columnOf, type Table, tableOf } from '../data/table.ts'
import type { FittedModel } from '../estimators/estimator.ts'
import { trainers } from '../estimators/trainers.ts'
import { seededRandom } from '../random/random.ts'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const modules = spawnSync(python, ['-c', 'import onnx, onnxruntime'], { encoding: 'utf8' })
const reason =
  modules.status === 0
    ? null
    : `${python} lacks onnx and onnxruntime: ${(modules.stderr ?? String(modules.error)).trim().split('\n').at(-1)}`
const isRequired = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'
if (reason !== null && !isRequired) console.warn(`skipped: ${reason}`)

interface Answer {
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, (number | string)[]>>
}

const random = seededRandom(31)
const rowCount = 500
const table = tableOf([
  numericColumn(
    'x',
    Float32Array.from({ length: rowCount }, () => (random() < 0.1 ? Number.NaN : random())),
  ),
  categoricalColumn(
    'c',
    Array.from({ length: rowCount }, () =>
      random() < 0.1 ? null : `k${Math.floor(random() * 90)}`,
    ),
  ),
  numericColumn(
    'y',
    Float64Array.from({ length: rowCount }, () => random() * 10),
  ),
  categoricalColumn(
    'k',
    Array.from({ length: rowCount }, () => 'pqr'[Math.floor(random() * 3)]!),
  ),
])

/** Values by feature as JSON: null for a missing number, empty text for a missing category. */
const inputsOf = (model: FittedModel, rows: Table): Record<string, (number | string | null)[]> =>
  Object.fromEntries(
    model.features.map(({ name }) => {
      const column = columnOf(rows, name)
      return [
        name,
        column.kind === 'numeric'
          ? Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))
          : Array.from(column.codes, (code) => column.dictionary[code] ?? ''),
      ]
    }),
  )

const check = (model: FittedModel): Answer => {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-onnx-'))
  try {
    const path = join(folder, 'model.onnx')
    writeFileSync(path, model.toOnnx())
    const script = new URL('check.py', import.meta.url).pathname
    const input = `${JSON.stringify({ path, inputs: inputsOf(model, table) })}\n`
    const run = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 26 })
    if (run.status !== 0) throw new Error(run.stderr)
    return JSON.parse(run.stdout.trim().split('\n').at(-1)!)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const features = ['x', 'c']

describe.skipIf(reason !== null && !isRequired)(
  `stock onnx and onnxruntime (${reason ?? 'present'})`,
  () => {
    it.each<[string, () => FittedModel]>([
      ['gradient boosting', () => trainers['gradient-boosting'].fit(table, 'y', { features })],
      ['ridge regression', () => trainers.linear.fit(table, 'y', { features })],
    ])('pass and run a %s', (_, make) => {
      const model = make()
      const { producer, metadata, outputs } = check(model)
      expect(producer).toBe('kaizen')
      expect(metadata['kaizen.target']).toBe('y')
      expect(JSON.parse(metadata['kaizen.signature']!)).toEqual({
        inputs: [
          { name: 'x', type: 'float', shape: [1] },
          { name: 'c', type: 'string', shape: [1] },
        ],
        outputs: [{ name: 'variable', type: 'float', shape: [1] }],
      })
      const own = model.predict(table)
      if (own.task !== 'regression') throw new Error('expected a regression')
      for (const [row, value] of own.values.entries()) {
        const difference = Math.abs(Number(outputs['variable']?.[row]) - value)
        expect(difference).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(value))
      }
    })

    it.each<[string, () => FittedModel]>([
      ['gradient boosting', () => trainers['gradient-boosting'].fit(table, 'k', { features })],
      ['logistic regression', () => trainers.logistic.fit(table, 'k', { features })],
    ])('pass and run a %s of classes', (_, make) => {
      const model = make()
      const { outputs } = check(model)
      const own = model.predict(table)
      if (own.task !== 'classification') throw new Error('expected classes')
      expect(outputs['label']).toEqual(Array.from(own.labels, (index) => own.classes[index]))
      for (const [at, value] of own.probabilities.entries()) {
        const difference = Math.abs(Number(outputs['probabilities']?.[at]) - value)
        expect(difference).toBeLessThanOrEqual(1e-5 + 1e-4 * value)
      }
    })
  },
)
