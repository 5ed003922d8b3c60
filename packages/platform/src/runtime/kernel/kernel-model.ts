import { setImmediate } from 'node:timers/promises'
import type { ModelSignature } from '@kaizen/contracts'
import { type Datatype, elementCount, type TensorData } from '../datatypes.ts'
import type { Tensor } from '../model.ts'
import { readOnnxGraph } from '../onnx/onnx-graph.ts'
import { SessionFailure } from '../session-failure.ts'
import { compileKernel, type KernelProgram } from './kernel-program.ts'
import type { Data } from './values.ts'

/**
 * A model of trees or a linear model, computed here instead of by onnxruntime: `run` blocks the thread that calls it, for
 * about `costMs`.
 */
export class KernelModel {
  readonly signature: ModelSignature
  readonly #program: KernelProgram
  readonly #places: ReadonlyMap<string, number>

  private constructor(program: KernelProgram) {
    this.signature = program.signature
    this.#program = program
    this.#places = new Map(program.signature.outputs.map(({ name }, i) => [name, i]))
  }

  /** Undefined for a file that is not understood to the last attribute: onnxruntime judges it. */
  static open(bytes: Uint8Array): KernelModel | undefined {
    try {
      return new KernelModel(compileKernel(readOnnxGraph(bytes)))
    } catch {
      return undefined
    }
  }

  /** The same on the event loop, which others may use between reading and compiling. */
  static async openInTurns(bytes: Uint8Array): Promise<KernelModel | undefined> {
    try {
      const graph = readOnnxGraph(bytes)
      await setImmediate()
      return new KernelModel(compileKernel(graph))
    } catch {
      return undefined
    }
  }

  /** How long so many rows take, roughly. */
  costMs(rows: number): number {
    return (rows * this.#program.costPerRowUs) / 1000
  }

  /**
   * Inputs in the order of the signature; outputs in the order asked for, with the time that computing took.
   * @throws SessionFailure with INVALID_TENSOR
   */
  run(
    inputs: readonly Tensor[],
    outputs: readonly string[] = this.signature.outputs.map(({ name }) => name),
  ): { readonly outputs: Tensor[]; readonly computeMs: number } {
    const beganAt = performance.now()
    const { steps, valueCount } = this.#program
    const rows = this.#rowsOf(inputs)
    const data = new Array<Data>(valueCount)
    inputs.forEach((tensor, i) => {
      data[i] = heldAs(tensor)
    })
    const frame = { rows, data }
    for (const step of steps) step(frame)
    const answers = outputs.map((name) => this.#output(name, frame))
    return { outputs: answers, computeMs: performance.now() - beganAt }
  }

  /** The rows that all inputs have. */
  #rowsOf(inputs: readonly Tensor[]): number {
    const rows = inputs[0]?.shape[0] ?? 0
    this.signature.inputs.forEach((spec, i) => {
      const { datatype, shape, data } = inputs[i]!
      const isRight =
        datatype === spec.datatype &&
        shape.length === 2 &&
        shape[0] === rows &&
        shape[1] === spec.shape[1] &&
        elementCount(shape) === data.length
      if (isRight) return
      throw unfit(
        `the input "${spec.name}" is ${datatype} [${shape.join(', ')}] with ${data.length} elements, not ${spec.datatype} [${rows}, ${spec.shape[1]}]`,
      )
    })
    return rows
  }

  #output(name: string, frame: { readonly rows: number; readonly data: readonly Data[] }): Tensor {
    const place = this.#places.get(name)
    if (place === undefined) throw unfit(`the model has no output "${name}"`)
    const { value, operand } = this.#program.outputs[place]!
    const datatype = this.signature.outputs[place]!.datatype as Datatype
    const shape = operand.rank === 1 ? [frame.rows] : [frame.rows, operand.width]
    return { datatype, shape, data: answered(frame.data[value]!, operand.type) }
  }
}

const unfit = (why: string): SessionFailure =>
  new SessionFailure({
    code: 'INVALID_TENSOR',
    message: `the model cannot compute on these inputs: ${why}`,
    hint: 'Compare names, datatypes and shapes with the signature of the model.',
  })

/** Elements as steps take them: 64-bit integers as numbers. */
const heldAs = ({ datatype, data }: Tensor): Data =>
  datatype === 'INT64' ? Float64Array.from(data as BigInt64Array, Number) : (data as Data)

function answered(data: Data, type: string): TensorData {
  if (type === 'int64') return BigInt64Array.from(data as Float64Array, BigInt)
  return data
}
