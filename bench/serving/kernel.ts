/**
 * The kernel and onnxruntime beside each other, in this thread, on the classifier of the other benchmarks:
 * `node bench/serving/kernel.ts`. Processor time of a row, the smallest of several turns; and the time until a model is open.
 */
import { KernelModel } from '@kaizen/platform/test-kernel'
import ort from 'onnxruntime-node'
import { classifier, featureNames, seeded } from './class-model.ts'

type Run = (columns: readonly Float32Array[], rows: number) => unknown

const turns = 7
const rowsOfTurn = 20_000
const random = seeded()
const model = classifier()

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function opened<T>(
  open: () => T | Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const before = cpuUs()
  const value = await open()
  return { value, ms: (cpuUs() - before) / 1000 }
}

function requests(rows: number): Float32Array[][] {
  const count = Math.max(8, Math.min(500, Math.round(rowsOfTurn / rows)))
  return Array.from({ length: count }, () =>
    featureNames.map(() => Float32Array.from({ length: rows }, random)),
  )
}

/** Microseconds of a row. */
async function turn(
  run: Run,
  asked: readonly (readonly Float32Array[])[],
  rows: number,
): Promise<number> {
  const before = cpuUs()
  for (const columns of asked) await run(columns, rows)
  return (cpuUs() - before) / asked.length / rows
}

const firstKernel = await opened(() => KernelModel.open(model)!)
const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
const session = await opened(() => ort.InferenceSession.create(model, options))
const kernel = await opened(() => KernelModel.open(model)!)
const inKernel: Run = (columns, rows) =>
  kernel.value.run(columns.map((data) => ({ datatype: 'FP32', shape: [rows, 1], data })))
const inSession: Run = (columns, rows) =>
  session.value.run(
    Object.fromEntries(
      columns.map((data, i) => [featureNames[i], new ort.Tensor('float32', data, [rows, 1])]),
    ),
  )
console.log(
  `open: kernel ${firstKernel.ms.toFixed(1)} ms, again ${kernel.ms.toFixed(1)} ms; onnxruntime ${session.ms.toFixed(1)} ms`,
)
for (const rows of [1, 4, 32, 1000, 4096]) {
  const asked = requests(rows)
  const best = { kernel: Number.POSITIVE_INFINITY, onnxruntime: Number.POSITIVE_INFINITY }
  for (let i = 0; i < turns; i++) {
    best.kernel = Math.min(best.kernel, await turn(inKernel, asked, rows))
    best.onnxruntime = Math.min(best.onnxruntime, await turn(inSession, asked, rows))
  }
  const ratio = best.onnxruntime / best.kernel
  console.log(
    `${rows} rows: kernel ${best.kernel.toFixed(2)} µs a row, onnxruntime ${best.onnxruntime.toFixed(2)}, ${ratio.toFixed(1)} times`,
  )
}
