/**
 * The kernel and onnxruntime beside each other, in this thread, on the classifier of the other benchmarks:
 * `node bench/serving/kernel.ts`. Processor time of a row, the smallest of several turns; and the time until a model is open.
 */
import { seededRandom } from '@kaizen/ml/random'
import type { Tensor } from '../../packages/platform/src/runtime/index.ts'
import { KernelModel } from '../../packages/platform/src/runtime/kernel/kernel-model.ts'
import { OnnxSession } from '../../packages/platform/src/runtime/onnx/onnx-session.ts'
import { classifier } from './class-model.ts'

interface Runner {
  run(inputs: readonly Tensor[]): unknown
}

const turns = 7
const rowsOfTurn = 20_000
const random = seededRandom(1)
const model = classifier()

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

function opened<T>(open: () => T): { readonly value: T; readonly ms: number } {
  const before = cpuUs()
  const value = open()
  return { value, ms: (cpuUs() - before) / 1000 }
}

function requests(rows: number): Tensor[][] {
  const count = Math.max(8, Math.min(500, Math.round(rowsOfTurn / rows)))
  return Array.from({ length: count }, () =>
    Array.from({ length: 20 }, () => ({
      datatype: 'FP32' as const,
      shape: [rows, 1],
      data: Float32Array.from({ length: rows }, random),
    })),
  )
}

/** Microseconds of a row. */
function turn(runner: Runner, asked: readonly (readonly Tensor[])[], rows: number): number {
  const before = cpuUs()
  for (const inputs of asked) runner.run(inputs)
  return (cpuUs() - before) / asked.length / rows
}

const firstKernel = opened(() => KernelModel.open(model))
const session = opened(() => OnnxSession.open(model))
const kernel = opened(() => KernelModel.open(model))
console.log(
  `open: kernel ${firstKernel.ms.toFixed(1)} ms, again ${kernel.ms.toFixed(1)} ms; onnxruntime ${session.ms.toFixed(1)} ms`,
)
for (const rows of [1, 4, 32, 1000, 4096]) {
  const asked = requests(rows)
  const best = { kernel: Number.POSITIVE_INFINITY, onnxruntime: Number.POSITIVE_INFINITY }
  for (let i = 0; i < turns; i++) {
    best.kernel = Math.min(best.kernel, turn(kernel.value!, asked, rows))
    best.onnxruntime = Math.min(best.onnxruntime, turn(session.value, asked, rows))
  }
  const ratio = best.onnxruntime / best.kernel
  console.log(
    `${rows} rows: kernel ${best.kernel.toFixed(2)} µs a row, onnxruntime ${best.onnxruntime.toFixed(2)}, ${ratio.toFixed(1)} times`,
  )
}
