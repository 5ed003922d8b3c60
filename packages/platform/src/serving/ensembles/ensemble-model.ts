import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import type { LoadedModel, RunOptions, Tensor, Tensors } from '../../runtime/index.ts'
import { combine } from './combine.ts'
import type { EnsemblePlan, PlannedNode, Source } from './plan.ts'
import { mergedShape, shapeText } from './tensor-types.ts'

/** A node that computes: a model or a step, ready to answer. */
export interface LoadedMember {
  readonly model: LoadedModel
  /** How errors name it, such as `trees (fraud/3)`. */
  readonly title: string
  release(): Promise<void>
}

/** A graph of models that answers as one. Nodes compute as soon as what they take is there, side by side where they can. */
export class EnsembleModel implements LoadedModel {
  readonly platform = 'kaizen_ensemble'
  readonly runtime = 'ensemble'
  readonly signature: ModelSignature
  readonly #plan: EnsemblePlan
  readonly #members: ReadonlyMap<string, LoadedMember>

  constructor(plan: EnsemblePlan, members: ReadonlyMap<string, LoadedMember>) {
    this.#plan = plan
    this.signature = plan.signature
    this.#members = members
  }

  async run(inputs: Tensors, outputs?: readonly string[], options?: RunOptions): Promise<Tensors> {
    const answers = new Map<string, Promise<Tensors>>()
    const take = async ({ node, output }: Source): Promise<Tensor> => {
      const tensor = (node === null ? inputs : await answers.get(node)!)[output]
      if (tensor) return tensor
      throw new KaizenError('INVALID_TENSOR', `the input "${output}" is missing`)
    }
    for (const node of this.#plan.nodes) {
      const answer = Promise.all(node.takes.map(({ source }) => take(source))).then((given) =>
        this.#answer(node, given, options),
      )
      // Whoever takes it hears of its failure; others are not to be told.
      answer.catch(() => undefined)
      answers.set(node.name, answer)
    }
    const wanted = this.#plan.outputs.filter(({ name }) => !outputs || outputs.includes(name))
    const named = await Promise.all(
      wanted.map(async ({ name, source }) => [name, await take(source)] as const),
    )
    return Object.fromEntries(named)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.release()))
  }

  async #answer(
    { name, node, takes }: PlannedNode,
    given: readonly Tensor[],
    options: RunOptions | undefined,
  ): Promise<Tensors> {
    const member = this.#members.get(name)
    try {
      if (!member) {
        if (node.kind === 'model' || node.kind === 'step') throw new TypeError(`no member ${name}`)
        return combine(node, given)
      }
      const tensors = Object.fromEntries(takes.map((taken, i) => [taken.name, given[i]!]))
      for (const spec of member.model.signature.inputs) checkShape(spec, tensors[spec.name]!)
      // The run that computed a member is none of the whole.
      const { batching, runtime } = options ?? {}
      return await member.model.run(tensors, undefined, { batching, runtime })
    } catch (failure) {
      if (!(failure instanceof KaizenError)) throw failure
      throw new KaizenError(
        failure.code,
        `${member?.title ?? `node "${name}"`}: ${failure.message}`,
        {
          cause: failure,
          ...(failure.hint === undefined ? {} : { hint: failure.hint }),
          ...(failure.details && { details: failure.details }),
        },
      )
    }
  }
}

/** Free dimensions were taken on trust when the graph was made. */
function checkShape({ name, shape }: TensorSpec, tensor: Tensor): void {
  if (mergedShape(shape, tensor.shape)) return
  throw new KaizenError(
    'INVALID_TENSOR',
    `its input "${name}" is ${shapeText(shape)}, and was given ${shapeText(tensor.shape)}`,
  )
}
