import { getCallSites } from 'node:util'
import type { TensorType } from '@kaizen/contracts'
import type { StepAnswer, StepDatatype, StepTensor } from './step-tensor.ts'

/** Datatype and shape of a tensor that a step takes or makes; -1 is a free dimension, the first is that of rows. */
export interface TensorPort<D extends string = string> extends TensorType {
  readonly datatype: TensorType['datatype'] & D
}
export type TensorPorts = Readonly<Record<string, TensorPort>>

/** `tensor('FP32', [-1, 4])`: rows of four numbers. */
export const tensor = <const D extends TensorType['datatype']>(
  datatype: D,
  shape: readonly number[],
): TensorPort<D> => ({ datatype, shape: [...shape] }) as unknown as TensorPort<D>

type Given<In extends TensorPorts> = {
  readonly [Name in keyof In]: In[Name] extends TensorPort<infer D>
    ? StepTensor<D extends StepDatatype ? D : StepDatatype>
    : never
}

interface StepLimits {
  /** A call that takes longer fails, and the process is replaced; `10s` unless told. */
  readonly timeout?: string
  /** Calls that are computed at once, 1 unless told. */
  readonly processes?: number
}

export interface ServingStepOptions<In extends TensorPorts, Out extends TensorPorts>
  extends StepLimits {
  readonly in: In
  readonly out: Out
  /** Makes the outputs of one request, which has as many rows as they do. */
  readonly run: (
    inputs: Given<In>,
  ) =>
    | { readonly [Name in keyof Out]: StepAnswer }
    | Promise<{ readonly [Name in keyof Out]: StepAnswer }>
}

export interface PythonServingStepOptions<In extends TensorPorts, Out extends TensorPorts>
  extends StepLimits {
  readonly in: In
  readonly out: Out
  /** The module, relative to the project's folder; the Python files beside and below it are its code too. */
  readonly file: string
  /** The function: given NumPy arrays by name, it answers arrays by name. */
  readonly function: string
}

/** A step of an ensemble: what happens before, between or after its models. */
export interface ServingStep<
  In extends TensorPorts = TensorPorts,
  Out extends TensorPorts = TensorPorts,
> extends StepLimits {
  readonly kind: 'serving-step'
  readonly name: string
  readonly in: In
  readonly out: Out
  readonly code:
    | {
        readonly language: 'typescript'
        /** File URL of the module that declares it. */
        readonly module: string
        readonly run: (inputs: Readonly<Record<string, StepTensor>>) => unknown
      }
    | { readonly language: 'python'; readonly file: string; readonly function: string }
}

/**
 * Declares a step of ensembles as a function of tensors, run in a process of its own. Export it from its module: the
 * process that runs it finds it there.
 */
export function servingStep<const In extends TensorPorts, const Out extends TensorPorts>(
  name: string,
  { run, ...options }: ServingStepOptions<In, Out>,
): ServingStep<In, Out> {
  const module = getCallSites(2)[1]?.scriptName ?? ''
  const code = { language: 'typescript', module, run: run as (inputs: object) => unknown } as const
  return { kind: 'serving-step', name, ...options, code }
}

/** Declares a step of ensembles as a function of a Python module, run in a process of its own. */
export function pythonServingStep<const In extends TensorPorts, const Out extends TensorPorts>(
  name: string,
  { file, function: called, ...options }: PythonServingStepOptions<In, Out>,
): ServingStep<In, Out> {
  const code = { language: 'python', file, function: called } as const
  return { kind: 'serving-step', name, ...options, code }
}

export const isServingStep = (value: unknown): value is ServingStep =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'serving-step'
