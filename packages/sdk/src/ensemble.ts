import type { EnsembleDeclarationInput, EnsembleNode } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import type { ServingStep, TensorPort, TensorPorts } from './serving-step.ts'

/** A tensor that flows between the nodes of an ensemble. */
export interface TensorHandle {
  readonly kind: 'tensor'
  readonly ref: string
}

/** A node of an ensemble, and its outputs by name. */
export interface EnsembleNodeHandle<Output extends string = string> {
  readonly name: string
  out(output: Output): TensorHandle
}

/** An output of a node, or a node that has one. */
export type TensorSource = TensorHandle | EnsembleNodeHandle<never> | EnsembleNodeHandle
type Sources = Readonly<Record<string, TensorSource>>

interface Weighted {
  /** The weight of each; the same for all unless told. */
  readonly weights?: readonly number[]
}

/** What may be compared: each case is tried in turn, row by row. */
export type SelectCase =
  | { readonly below: number; readonly take: TensorSource }
  | { readonly is: string | number | boolean; readonly take: TensorSource }

type StepNode = Extract<EnsembleNode, { readonly kind: 'step' }>
type Combined = Exclude<EnsembleNode, { readonly kind: 'step' }>

/** A node as it is drawn, before the code of steps is looked up. */
export type EnsembleDraftNode =
  | Combined
  | (Pick<StepNode, 'kind' | 'inputs'> & { readonly step: ServingStep })

export interface Ensemble {
  readonly kind: 'ensemble'
  readonly name: string
  readonly description: string
  readonly inputs: NonNullable<EnsembleDeclarationInput['inputs']>
  readonly nodes: Readonly<Record<string, EnsembleDraftNode>>
  readonly outputs: Readonly<Record<string, string>>
}

/** Makes the nodes of an ensemble; each is named by its first argument. */
export class EnsembleBuilder {
  readonly inputs: Record<string, TensorPort> = {}
  readonly nodes: Record<string, EnsembleDraftNode> = {}

  /** An input of the ensemble. Its type follows from the models and steps that take it, or is declared here. */
  input(name: string, type?: TensorPort): TensorHandle {
    if (type) this.inputs[name] = type
    return { kind: 'tensor', ref: `input.${name}` }
  }

  /**
   * A registered model, `models:/NAME/VERSION` or `models:/NAME@ALIAS`, or one of another server by its URL. Its inputs are
   * those of the ensemble with the same name unless told.
   */
  model(name: string, model: string, inputs?: Sources): EnsembleNodeHandle {
    return this.#add(name, { kind: 'model', model, ...(inputs && { inputs: refsOf(inputs) }) })
  }

  /** Code of the project. */
  step<In extends TensorPorts, Out extends TensorPorts>(
    name: string,
    step: ServingStep<In, Out>,
    inputs: { readonly [Name in keyof In]?: TensorSource } = {},
  ): EnsembleNodeHandle<keyof Out & string> {
    return this.#add(name, {
      kind: 'step',
      step: step as unknown as ServingStep,
      inputs: refsOf(inputs as Sources),
    })
  }

  /** The mean of numbers; output `value`. */
  average(name: string, of: readonly TensorSource[], options: Weighted = {}) {
    return this.#add<'value'>(name, { kind: 'average', of: of.map(refOf), ...weightsOf(options) })
  }

  /** The most frequent label of each row; outputs `value` and `share`. */
  vote(name: string, of: readonly TensorSource[], options: Weighted = {}) {
    return this.#add<'value' | 'share'>(name, {
      kind: 'vote',
      of: of.map(refOf),
      ...weightsOf(options),
    })
  }

  /** Columns side by side; output `value`. */
  concatenate(name: string, of: readonly TensorSource[]) {
    return this.#add<'value'>(name, { kind: 'concatenate', of: of.map(refOf) })
  }

  /** Columns by their numbers from 0, cut into parts; one output a part. */
  split<const Parts extends Readonly<Record<string, readonly number[]>>>(
    name: string,
    of: TensorSource,
    parts: Parts,
  ) {
    const own = Object.fromEntries(Object.entries(parts).map(([part, at]) => [part, [...at]]))
    return this.#add<keyof Parts & string>(name, { kind: 'split', of: refOf(of), parts: own })
  }

  /** Row by row what the first case takes that fits; output `value`. */
  select(
    name: string,
    by: TensorSource,
    {
      cases,
      otherwise,
    }: { readonly cases: readonly SelectCase[]; readonly otherwise: TensorSource },
  ) {
    return this.#add<'value'>(name, {
      kind: 'select',
      by: refOf(by),
      cases: cases.map((each) => ({ ...each, take: refOf(each.take) })),
      otherwise: refOf(otherwise),
    })
  }

  #add<Output extends string = string>(
    name: string,
    node: EnsembleDraftNode,
  ): EnsembleNodeHandle<Output> {
    if (Object.hasOwn(this.nodes, name)) {
      throw new KaizenError('INVALID_MANIFEST', `two nodes of an ensemble are named "${name}"`, {
        hint: 'Name each node once.',
      })
    }
    this.nodes[name] = node
    return { name, out: (output) => ({ kind: 'tensor', ref: `${name}.${output}` }) }
  }
}

const refOf = (source: TensorSource): string => ('ref' in source ? source.ref : source.name)
const refsOf = (sources: Sources): Record<string, string> =>
  Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, refOf(source)]))
const weightsOf = ({ weights }: Weighted) => (weights ? { weights: [...weights] } : {})

/**
 * Declares a graph of models that answers as one: `ensembles:/NAME` on an endpoint. The function says how tensors flow and
 * returns what is answered. Types and shapes are checked, and aliases resolved, when the project is applied.
 */
export function ensemble(
  name: string,
  graph: (builder: EnsembleBuilder) => Sources,
  options: { readonly description?: string } = {},
): Ensemble {
  const builder = new EnsembleBuilder()
  const outputs = refsOf(graph(builder))
  const { inputs, nodes } = builder
  return { kind: 'ensemble', name, description: options.description ?? '', inputs, nodes, outputs }
}
