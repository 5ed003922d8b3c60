import {
  type Attribute,
  dataTypes,
  encodeModel,
  type GraphNode,
  type GraphValue,
  type Tensor,
} from './messages.ts'

/** The name of a value inside a graph. */
export type ValueName = string

type Attributes = Readonly<Record<string, Attribute>>

/** Collects the nodes of one graph; names of inputs and outputs stay as given, others are invented. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = []
  readonly #constants = new Map<string, Tensor>()
  readonly #inputs: GraphValue[] = []
  readonly #outputs: GraphValue[] = []
  readonly #taken = new Set<string>()

  /** Declares an input. */
  input(value: GraphValue): ValueName {
    this.#inputs.push(value)
    this.#taken.add(value.name)
    return value.name
  }

  /** Adds a constant. */
  constant(tensor: Tensor): ValueName {
    const name = this.#fresh('constant')
    this.#constants.set(name, tensor)
    return name
  }

  /** A constant scalar or vector of float64. */
  doubles(data: ArrayLike<number>): ValueName {
    return this.constant({ type: 'double', dims: [data.length], data })
  }

  /** Adds an operator of the standard domain; returns its output. */
  add(operator: string, inputs: readonly ValueName[], attributes: Attributes = {}): ValueName {
    return this.#node('', operator, inputs, attributes)
  }

  /** Adds an operator of the domain `ai.onnx.ml`; returns its output. */
  addMl(operator: string, inputs: readonly ValueName[], attributes: Attributes = {}): ValueName {
    return this.#node('ai.onnx.ml', operator, inputs, attributes)
  }

  /** Converts the elements of a tensor. */
  cast(value: ValueName, type: 'float' | 'double' | 'int64'): ValueName {
    return this.add('Cast', [value], { to: { int: dataTypes[type] } })
  }

  /** Names a value as an output, with a suffix should a feature bear the name already. */
  output(value: ValueName, declared: GraphValue): void {
    const name = this.#taken.has(declared.name) ? this.#fresh(declared.name) : declared.name
    this.#taken.add(name)
    this.#nodes.push({
      operator: 'Identity',
      domain: '',
      inputs: [value],
      output: name,
      attributes: {},
    })
    this.#outputs.push({ ...declared, name })
  }

  /** Inputs and outputs as declared. */
  get signature(): {
    readonly inputs: readonly GraphValue[]
    readonly outputs: readonly GraphValue[]
  } {
    return { inputs: this.#inputs, outputs: this.#outputs }
  }

  /** The serialised model. */
  finish(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = {
      name,
      nodes: this.#nodes,
      constants: this.#constants,
      inputs: this.#inputs,
      outputs: this.#outputs,
    }
    return encodeModel(graph, metadata)
  }

  #node(
    domain: GraphNode['domain'],
    operator: string,
    inputs: readonly ValueName[],
    attributes: Attributes,
  ): ValueName {
    const output = this.#fresh(operator)
    this.#nodes.push({ operator, domain, inputs, output, attributes })
    return output
  }

  #fresh(stem: string): ValueName {
    let number = this.#taken.size
    while (this.#taken.has(`${stem}_${number}`)) number++
    const name = `${stem}_${number}`
    this.#taken.add(name)
    return name
  }
}
