import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Tensor } from '../model.ts'
import { interpreter, listOf, plainModel, testPython } from './test-python.ts'

const has = (modules: string): boolean => {
  try {
    execFileSync(interpreter, ['-c', `import ${modules}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Writes models with the stock client, and what they answer in Python itself. */
const script = `
import json, sys, warnings
warnings.filterwarnings("ignore")
import mlflow, numpy, pandas
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
place = sys.argv[1]
random = numpy.random.default_rng(7)
x = pandas.DataFrame({
    "amount": random.normal(size=200),
    "count": random.integers(0, 9, 200),
    "town": random.choice(["Genève", "Zürich"], 200),
})
y = numpy.where(x["amount"] + x["count"] > 4, "high", "low")
columns = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
model = make_pipeline(columns, RandomForestClassifier(20, random_state=1)).fit(x, y)
mlflow.sklearn.save_model(model, f"{place}/estimator", signature=infer_signature(x, y), serialization_format="cloudpickle")
mlflow.sklearn.save_model(
    model, f"{place}/chances", signature=infer_signature(x, model.predict_proba(x)),
    serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba")

class Sums(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return pandas.DataFrame({"sum": model_input.sum(axis=1), "rows": len(model_input)})
matrix = numpy.arange(6.0).reshape(3, 2)
sums = pandas.DataFrame({"sum": matrix.sum(axis=1), "rows": 3})
mlflow.pyfunc.save_model(f"{place}/pyfunc", python_model=Sums(), signature=infer_signature(matrix, sums), pip_requirements=["numpy"])
print(json.dumps({
    "amount": x["amount"].tolist(), "count": x["count"].tolist(), "town": x["town"].tolist(),
    "labels": model.predict(x).tolist(), "chances": model.predict_proba(x).ravel().tolist()}))
`

interface Expected {
  readonly amount: readonly number[]
  readonly count: readonly number[]
  readonly town: readonly string[]
  readonly labels: readonly string[]
  readonly chances: readonly number[]
}

describe.skipIf(!has('mlflow, sklearn, pandas'))(
  'models that the stock client of MLflow saved',
  () => {
    it('answer what they answer in Python itself', { timeout: 120_000 }, async () => {
      await using python = await testPython()
      const printed = execFileSync(interpreter, ['-c', script, python.folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const expected = JSON.parse(printed.trim().split('\n').at(-1)!) as Expected
      const shape = [expected.amount.length, 1]
      const inputs: Record<string, Tensor> = {
        amount: { datatype: 'FP64', shape, data: new Float64Array(expected.amount) },
        count: { datatype: 'INT64', shape, data: new BigInt64Array(expected.count.map(BigInt)) },
        town: { datatype: 'BYTES', shape, data: expected.town },
      }
      const load = async (name: string) =>
        python.runtime.load(await python.packFolder(join(python.folder, name)))

      const estimator = await load('estimator')
      expect(estimator.signature.inputs.map(({ name }) => name)).toEqual([
        'amount',
        'count',
        'town',
      ])
      const [output] = estimator.signature.outputs
      expect(listOf((await estimator.run(inputs))[output!.name])).toEqual(expected.labels)

      const chances = (await (await load('chances')).run(inputs))['predictions']
      expect(chances).toMatchObject({ datatype: 'FP64', shape: [expected.amount.length, 2] })
      expect(listOf(chances)).toEqual(expected.chances)

      const matrix: Tensor = {
        datatype: 'FP64',
        shape: [3, 2],
        data: new Float64Array(6).fill(1.5),
      }
      const sums = await (await load('pyfunc')).run({ inputs: matrix })
      expect(listOf(sums['sum'])).toEqual([3, 3, 3])
      expect(listOf(sums['rows'])).toEqual([3n, 3n, 3n])
    })
  },
)

/** A wheel made here, so that nothing is downloaded. */
const wheel = `
import sys, zipfile
name, version = "kaizen_probe", "1.2.3"
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(sys.argv[1], "w") as file:
    file.writestr(f"{name}.py", "answer = 42.0")
    file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr(f"{info}/RECORD", "")
`

describe.skipIf(!has('numpy, ensurepip'))('the environment of a model', () => {
  it('is made of its requirements, once', { timeout: 120_000 }, async () => {
    await using python = await testPython()
    const name = 'kaizen_probe-1.2.3-py3-none-any.whl'
    execFileSync(interpreter, ['-c', wheel, join(python.folder, name)])
    const where = 'import numpy, os; print(os.path.dirname(os.path.dirname(numpy.__file__)))'
    const site = execFileSync(interpreter, ['-c', where], { encoding: 'utf8' }).trim()
    const files = {
      ...plainModel('import kaizen_probe\nreturn data + kaizen_probe.answer', {
        requirements: `./wheels/${name}\n`,
      }),
      [`wheels/${name}`]: await readFile(join(python.folder, name)),
    }
    await using closed = await testPython()
    await expect(closed.runtime.load(await closed.pack(files))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('not a package by name'),
    })
    await using creating = await testPython({
      mode: 'create',
      environment: { PATH: process.env['PATH'] ?? '', PYTHONPATH: site },
    })
    for (const value of [1, 2]) {
      const model = await creating.runtime.load(await creating.pack(files))
      const inputs: Tensor = { datatype: 'FP64', shape: [1], data: new Float64Array([value]) }
      expect(listOf((await model.run({ inputs }))['predictions'])).toEqual([value + 42])
    }
    expect(await readdir(join(creating.folder, 'python', 'environments'))).toHaveLength(1)

    const wrong = { ...files, 'requirements.txt': './wheels/not-there.whl\n' }
    await expect(creating.runtime.load(await creating.pack(wrong))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining('environment'),
    })
  })
})
