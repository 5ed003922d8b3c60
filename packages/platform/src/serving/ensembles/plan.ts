import {
  type EnsembleDeclaration,
  type EnsembleNode,
  KaizenError,
  type ModelSignature,
  type TensorSpec,
  type TensorType,
} from '@kaizen/contracts'
import { parseRef, type Ref, sortedNodes, takenBy } from './refs.ts'
import { combinedTypes, Misfit, mergedShape, typeText } from './tensor-types.ts'

export interface PlannedNode {
  readonly name: string
  readonly node: EnsembleNode
  /** What it takes: its own name of the tensor, and where that comes from. */
  readonly takes: readonly { readonly name: string; readonly source: Source }[]
  readonly outputs: ReadonlyMap<string, TensorType>
}

/** An input of the ensemble (`node` null), or an output of a node. */
export interface Source {
  readonly node: string | null
  readonly output: string
}

/** A graph whose types fit. */
export interface EnsemblePlan {
  readonly signature: ModelSignature
  /** Each after those that it takes from. */
  readonly nodes: readonly PlannedNode[]
  readonly outputs: readonly { readonly name: string; readonly source: Source }[]
}

/**
 * Checks a graph: names, circles, datatypes and shapes of neighbours. The types of inputs follow from who takes them.
 * @param members signatures of the model nodes
 * @throws INVALID_MODEL, naming the node
 */
export function planEnsemble(
  declaration: EnsembleDeclaration,
  members: Readonly<Record<string, ModelSignature>>,
): EnsemblePlan {
  return new Planner(declaration, members).plan()
}

class Planner {
  readonly #declaration: EnsembleDeclaration
  readonly #members: Readonly<Record<string, ModelSignature>>
  readonly #inputs = new Map<string, TensorType>()
  readonly #planned = new Map<string, PlannedNode>()
  /** Nodes and inputs that somebody takes. */
  readonly #used = new Set<string>()

  constructor(declaration: EnsembleDeclaration, members: Readonly<Record<string, ModelSignature>>) {
    this.#declaration = declaration
    this.#members = members
  }

  plan(): EnsemblePlan {
    const { nodes, inputs, outputs } = this.#declaration
    for (const [name, type] of Object.entries(inputs)) this.#inputs.set(name, type)
    for (const name of Object.keys(nodes)) this.#checkNames(name)
    const order = this.#order()
    for (const name of order) this.#constrain(name)
    for (const name of order) this.#place(name)
    const answered = Object.entries(outputs).map(([name, ref]) => {
      const { source, type } = this.#within(`output "${name}"`, () => this.#source(parseRef(ref)))
      return { name, source, type }
    })
    this.#refuseUnused()
    const spec = (name: string, { datatype, shape }: TensorType): TensorSpec => ({
      name,
      datatype,
      shape: [...shape],
    })
    return {
      signature: {
        inputs: [...this.#inputs].map(([name, type]) => spec(name, type)),
        outputs: answered.map(({ name, type }) => spec(name, type)),
      },
      nodes: order.map((name) => this.#planned.get(name)!),
      outputs: answered.map(({ name, source }) => ({ name, source })),
    }
  }

  #order(): readonly string[] {
    const { nodes } = this.#declaration
    const dependencies = (name: string): readonly string[] =>
      takenBy(nodes[name]!, this.#members[name]).flatMap(({ ref }) => {
        const parsed = parseRef(ref)
        if (parsed.from === 'input') return []
        if (Object.hasOwn(nodes, parsed.node)) return [parsed.node]
        throw this.#misfit(`node "${name}"`, `it takes "${ref}", and there is no such node`)
      })
    const sorted = sortedNodes(this.#declaration, dependencies)
    if ('order' in sorted) return sorted.order
    const [first] = sorted.circle
    throw this.#misfit(`node "${first}"`, `it waits for itself: ${sorted.circle.join(' → ')}`)
  }

  /** Names of inputs that a model or step does not have are typing errors. */
  #checkNames(name: string): void {
    const node = this.#declaration.nodes[name]!
    if (name === 'input') throw this.#misfit('node "input"', 'that name stands for the inputs')
    if (node.kind !== 'model' && node.kind !== 'step') return
    const known =
      node.kind === 'step'
        ? Object.keys(node.in)
        : (this.#members[name]?.inputs ?? []).map((input) => input.name)
    const unknown = Object.keys(node.inputs ?? {}).find((input) => !known.includes(input))
    if (unknown === undefined) return
    throw this.#misfit(
      `node "${name}"`,
      `it has no input "${unknown}", but ${known.map((each) => `"${each}"`).join(', ') || 'none'}`,
    )
  }

  /** What models and steps take says what the inputs of the ensemble are. */
  #constrain(name: string): void {
    const node = this.#declaration.nodes[name]!
    for (const { name: own, ref } of takenBy(node, this.#members[name])) {
      const parsed = parseRef(ref)
      const wanted = this.#wanted(name, own)
      if (parsed.from !== 'input' || !wanted) continue
      const known = this.#inputs.get(parsed.name)
      const shape = known ? mergedShape(known.shape, wanted.shape) : wanted.shape
      if (!shape || (known && known.datatype !== wanted.datatype)) {
        throw this.#misfit(
          `node "${name}"`,
          `it takes the input "${parsed.name}" as ${typeText(wanted)}, which is ${typeText(known!)} elsewhere`,
        )
      }
      this.#inputs.set(parsed.name, { datatype: wanted.datatype, shape })
    }
  }

  /** The type that a model or step has declared for what it takes. */
  #wanted(node: string, input: string): TensorType | undefined {
    const declared = this.#declaration.nodes[node]!
    if (declared.kind === 'step') return declared.in[input]
    if (declared.kind !== 'model') return undefined
    const spec = this.#members[node]?.inputs.find(({ name }) => name === input)
    return spec && typeOf(spec)
  }

  #place(name: string): void {
    const node = this.#declaration.nodes[name]!
    const taken = takenBy(node, this.#members[name]).map(({ name: own, ref }) => {
      const found = this.#within(`node "${name}"`, () => this.#source(parseRef(ref)))
      const wanted = this.#wanted(name, own)
      const fits =
        !wanted ||
        (wanted.datatype === found.type.datatype && mergedShape(found.type.shape, wanted.shape))
      if (fits) return { name: own, ...found }
      throw this.#misfit(
        `node "${name}"`,
        `its input "${own}" is ${typeText(wanted)}, and "${ref}" is ${typeText(found.type)}`,
      )
    })
    const outputs = this.#within(`node "${name}"`, () =>
      this.#outputsOf(
        name,
        taken.map(({ type }) => type),
      ),
    )
    const takes = taken.map(({ name: own, source }) => ({ name: own, source }))
    this.#planned.set(name, { name, node, takes, outputs })
  }

  #outputsOf(name: string, taken: readonly TensorType[]): ReadonlyMap<string, TensorType> {
    const node = this.#declaration.nodes[name]!
    if (node.kind === 'step') return new Map(Object.entries(node.out))
    if (node.kind !== 'model') return combinedTypes(node, taken)
    return new Map((this.#members[name]?.outputs ?? []).map((spec) => [spec.name, typeOf(spec)]))
  }

  #source(ref: Ref): { readonly source: Source; readonly type: TensorType } {
    if (ref.from === 'input') {
      const type = this.#inputs.get(ref.name)
      if (!type)
        throw new Misfit(
          `nothing says what the input "${ref.name}" is: declare it, as in "inputs": {"${ref.name}": {"datatype": "FP32", "shape": [-1, 4]}}`,
        )
      this.#used.add(`input.${ref.name}`)
      return { source: { node: null, output: ref.name }, type }
    }
    const from = this.#planned.get(ref.node)
    if (!from) throw new Misfit(`there is no node "${ref.node}"`)
    this.#used.add(ref.node)
    const names = [...from.outputs.keys()]
    const output = ref.output ?? (names.length === 1 ? names[0] : undefined)
    const type = output === undefined ? undefined : from.outputs.get(output)
    if (output !== undefined && type) return { source: { node: ref.node, output }, type }
    const known = names.map((each) => `"${ref.node}.${each}"`).join(', ')
    throw new Misfit(
      ref.output === undefined
        ? `"${ref.node}" has several outputs; write one of ${known}`
        : `"${ref.node}" has no output "${ref.output}", but ${known}`,
    )
  }

  #refuseUnused(): void {
    const { nodes, inputs } = this.#declaration
    const node = Object.keys(nodes).find((name) => !this.#used.has(name))
    if (node !== undefined) throw this.#misfit(`node "${node}"`, 'nothing takes what it answers')
    const input = Object.keys(inputs).find((name) => !this.#used.has(`input.${name}`))
    if (input !== undefined) throw this.#misfit(`input "${input}"`, 'nothing takes it')
  }

  #within<T>(place: string, what: () => T): T {
    try {
      return what()
    } catch (failure) {
      if (failure instanceof Misfit) throw this.#misfit(place, failure.message)
      throw failure
    }
  }

  #misfit(place: string, problem: string): KaizenError {
    return new KaizenError(
      'INVALID_MODEL',
      `the ensemble "${this.#declaration.name}": ${place}: ${problem}`,
      { hint: 'Tensors are written input.NAME, NODE.OUTPUT, or NODE where it has one output.' },
    )
  }
}

const typeOf = ({ datatype, shape }: TensorSpec): TensorType => ({
  datatype: datatype as TensorType['datatype'],
  shape,
})
