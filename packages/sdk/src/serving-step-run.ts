import type { TensorSpec } from '@kaizen/contracts'
import { isServingStep, type ServingStep } from './serving-step.ts'
import {
  AnswerMisfit,
  decodeTensor,
  encodeTensor,
  type StepTensor,
  type TensorHead,
} from './step-tensor.ts'

const lengthBytes = 8

/** What the server asks. */
export interface StepQuestion {
  readonly id: number
  readonly kind: 'load' | 'run' | 'ping'
  readonly folder?: string
  readonly plan?: { readonly path: string; readonly function: string }
  readonly outputs?: readonly TensorSpec[]
  readonly inputs?: readonly TensorHead[]
  readonly rows?: number | null
}

/** A head in JSON with the elements of tensors behind it, after the lengths of both. */
export function frameOf(head: object, parts: readonly Uint8Array[] = []): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  const lengths = Buffer.alloc(lengthBytes)
  lengths.writeUInt32LE(text.length, 0)
  lengths.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    4,
  )
  return Buffer.concat([lengths, text, ...parts])
}

/** Cuts what comes over the pipe into questions. */
export async function* questionsOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly head: StepQuestion; readonly body: Buffer }> {
  let held: Buffer[] = []
  let size = 0
  let needed = lengthBytes
  for await (const chunk of chunks) {
    held.push(chunk)
    size += chunk.length
    while (size >= needed) {
      const all = held.length === 1 ? held[0]! : Buffer.concat(held)
      held = [all]
      const headEnd = lengthBytes + all.readUInt32LE(0)
      const end = headEnd + all.readUInt32LE(4)
      needed = end
      if (size < end) break
      const head = JSON.parse(all.toString('utf8', lengthBytes, headEnd)) as StepQuestion
      yield { head, body: all.subarray(headEnd, end) }
      held = [all.subarray(end)]
      size -= end
      needed = lengthBytes
    }
  }
}

/** Finds the step that a module exports. @throws where there is none */
export function stepOf(module: Readonly<Record<string, unknown>>, name: string): ServingStep {
  const step = module[name]
  if (isServingStep(step) && step.code.language === 'typescript') return step
  throw new Error(`the module exports no serving step named "${name}"`)
}

/** Runs a step once: the frame that answers. What it throws is a refusal of its inputs, what does not fit an answer a fault of its own. */
export async function runStep(
  step: ServingStep,
  question: StepQuestion,
  { outputs, body }: { readonly outputs: readonly TensorSpec[]; readonly body: Buffer },
): Promise<Buffer> {
  const { id, inputs = [], rows = null } = question
  let answer: unknown
  try {
    const given: Record<string, StepTensor> = {}
    let at = 0
    for (const head of inputs) {
      given[head.name] = decodeTensor(head, body.subarray(at, at + head.bytes))
      at += head.bytes
    }
    answer = step.code.language === 'typescript' ? await step.code.run(given) : undefined
  } catch (failure) {
    console.error(failure)
    return frameOf({ id, failure: 'model', message: reasonOf(failure) })
  }
  try {
    if (typeof answer !== 'object' || answer === null)
      throw new AnswerMisfit('it answered no outputs by name')
    const named = answer as Readonly<Record<string, unknown>>
    const encoded = outputs.map(({ name, datatype, shape }) => {
      const type = { datatype: datatype as never, shape }
      return encodeTensor(
        name,
        { type, rows },
        Object.hasOwn(named, name) ? named[name] : undefined,
      )
    })
    return frameOf(
      { id, outputs: encoded.map(({ head }) => head) },
      encoded.map(({ part }) => part),
    )
  } catch (failure) {
    return frameOf({ id, failure: 'answer', message: reasonOf(failure) })
  }
}

export const reasonOf = (failure: unknown): string =>
  (failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure))
    .replace(/^(Error|AnswerMisfit): /, '')
    .slice(0, 2000)
