import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OnnxRuntime } from '../../runtime/index.ts'
import { Explainer } from './explainer.ts'

/** Models of other libraries, and values of the package shap against the same background. */
interface Foreign {
  readonly background: readonly (readonly number[])[]
  readonly rows: readonly (readonly number[])[]
  readonly models: Record<string, { readonly onnx: string; readonly shap: readonly unknown[][] }>
}
const file = new URL('./fixtures/foreign-trees.json', import.meta.url)
const { background, rows, models } = JSON.parse(readFileSync(file, 'utf8')) as Foreign

const links = {
  'scikit-learn random forest': 'identity',
  'scikit-learn gradient boosting': 'identity',
  lightgbm: 'logit',
  xgboost: 'identity',
} as const

it.each(Object.entries(links))('%s: the values of shap', async (name, link) => {
  await using cleanup = new AsyncDisposableStack()
  const runtime = cleanup.use(new OnnxRuntime({ threads: 1 }))
  const explainer = cleanup.use(new Explainer(runtime))
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-explain-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'model.onnx')
  await writeFile(path, Buffer.from(models[name]!.onnx, 'base64'))
  const model = await runtime.load(path)
  const input = model.signature.inputs[0]!.name
  const tensor = (numbers: Foreign['rows']) => ({
    [input]: {
      datatype: 'FP32' as const,
      shape: [numbers.length, 4],
      data: Float32Array.from(numbers.flat()),
    },
  })
  const explanation = await explainer.explain(
    { model, digest: name, source: async () => path },
    {
      inputs: tensor(rows),
      rows: rows.length,
      budgetMs: 10_000,
      background: { tensors: tensor(background), rows: background.length, source: 'log' },
    },
  )
  expect(explanation).toMatchObject({ method: 'tree-shap', exact: true, link })
  const targets = explanation.targets.length
  for (const [row, cells] of models[name]!.shap.entries()) {
    for (const [feature, cell] of cells.entries()) {
      // Of two classes shap gives the second alone.
      const theirs = Array.isArray(cell) ? (cell as number[]) : [cell as number]
      theirs.forEach((value, i) => {
        const target = targets - theirs.length + i
        const ours = explanation.values[(row * targets + target) * 4 + feature]
        expect(ours).toBeCloseTo(value, 6)
      })
    }
  }
  expect(explanation.residual).toBeLessThan(1e-5)
})
