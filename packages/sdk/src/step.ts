import { getCallSites } from 'node:util'
import type { JsonValue, PortKind } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { type CallOptions, markNode, type NodeBody, openGraph, type RunOptions } from './graph.ts'
import { type Handle, type Input, makeHandle } from './handle.ts'
import type { Port, Ports } from './ports.ts'

type FileKind = 'table' | 'model' | 'file'

/** What a call of a step takes: handles of the right kind, or values where the port is a value. */
export type StepCall<In extends Ports> = {
  readonly [Name in keyof In]: In[Name] extends Port<infer Kind, infer Value>
    ? Kind extends FileKind
      ? Handle<Kind>
      : Input<Value>
    : never
}
/** What a call of a step answers: one handle an output. */
export type StepHandles<Out extends Ports> = {
  readonly [Name in keyof Out]: Out[Name] extends Port<infer Kind, infer Value>
    ? Handle<Kind, Value>
    : never
}

/** What the code of a step gets: paths of files that it may only read, and values. */
export type StepInputs<In extends Ports> = {
  readonly [Name in keyof In]: In[Name] extends Port<infer Kind, infer Value>
    ? Kind extends FileKind
      ? { readonly path: string }
      : Value
    : never
}
type FileNames<Out extends Ports> = {
  [Name in keyof Out]: Out[Name] extends Port<FileKind> ? Name : never
}[keyof Out]
/** What the code of a step answers: each value and metric; content of files that it did not write itself. */
export type StepResults<Out extends Ports> = {
  readonly [Name in Exclude<keyof Out, FileNames<Out>>]: Out[Name] extends Port<PortKind, infer V>
    ? V
    : never
} & { readonly [Name in FileNames<Out>]?: Uint8Array | string }

export interface StepContext<Out extends Ports = Ports> {
  readonly run: string
  readonly node: string
  /** 1 for the first try. */
  readonly attempt: number
  /** Fixes every random choice. */
  readonly seed: number
  /** Parameters of the pipeline run. */
  readonly params: Readonly<Record<string, JsonValue>>
  /** Where to write the outputs that are files. */
  readonly paths: Readonly<Record<FileNames<Out>, string>>
  /** Logs a number to the tracking run; with `step`, a point of a curve. */
  readonly logMetric: (name: string, value: number, step?: number) => void
  /** Logs a parameter to the tracking run. */
  readonly logParam: (name: string, value: string | number | boolean) => void
}

type StepRun<In extends Ports, Out extends Ports> = (
  inputs: StepInputs<In>,
  context: StepContext<Out>,
) => StepResults<Out> | Promise<StepResults<Out>>

export interface StepDeclaration<In extends Ports, Out extends Ports> extends RunOptions {
  readonly in: In
  readonly out: Out
  /** The code; it runs in a process of its own. Use what is imported and what is passed, nothing else. */
  readonly run: StepRun<In, Out>
}

/** A piece of a pipeline; calling it inside `pipeline()` makes a node and answers its outputs as handles. */
export interface Step<In extends Ports = Ports, Out extends Ports = Ports> {
  (inputs: StepCall<In>, options?: CallOptions): StepHandles<Out>
  readonly stepName: string
  readonly in: In
  readonly out: Out
  /** The code, as a plain function: for tests and for the process that runs it. */
  readonly run: StepRun<In, Out>
}

/**
 * Declares a step in TypeScript. Export it from its module under any name: the process that runs it finds it there.
 * Its cache key covers the module, what the module imports from the project, and the lock file.
 */
export function step<const In extends Ports, const Out extends Ports>(
  name: string,
  declaration: StepDeclaration<In, Out>,
): Step<In, Out> {
  const { in: inputs, out, run, ...options } = declaration
  const module = callerModule()
  const call = (given: StepCall<In>, callOptions: CallOptions = {}): StepHandles<Out> =>
    callStep<In, Out>(
      { name, in: inputs, out, body: { kind: 'typescript', step: called, module } },
      given,
      { ...options, ...callOptions },
    )
  const called: Step<In, Out> = Object.assign(call, { stepName: name, in: inputs, out, run })
  return called
}

/** A step as the process that runs it sees it: code whose inputs the contract supplies. */
export interface RunnableStep {
  readonly stepName: string
  readonly run: (inputs: never, context: never) => unknown
}

export const isStep = (value: unknown): value is RunnableStep =>
  typeof value === 'function' && 'stepName' in value && 'run' in value

/** Adds a node for a call to the open graph. @throws INVALID_MANIFEST for inputs that are missing or unknown. */
export function callStep<In extends Ports, Out extends Ports>(
  called: {
    readonly name: string
    readonly in: In
    readonly out: Out
    readonly body: NodeBody
  },
  inputs: Readonly<Record<string, unknown>>,
  options: CallOptions,
): StepHandles<Out> {
  for (const name of Object.keys(called.in)) {
    if (inputs[name] === undefined) {
      throw new KaizenError('INVALID_MANIFEST', `step "${called.name}": input "${name}" is missing`)
    }
  }
  const unknown = Object.keys(inputs).find((name) => !(name in called.in))
  if (unknown !== undefined) {
    throw new KaizenError('INVALID_MANIFEST', `step "${called.name}" has no input "${unknown}"`, {
      hint: `Its inputs are: ${Object.keys(called.in).join(', ') || 'none'}.`,
    })
  }
  const kinds = mapValues(called.out, (port) => port.kind)
  const node = openGraph(called.name).add({
    step: called.name,
    body: called.body,
    inputs,
    outputs: kinds,
    options,
  })
  const handles = mapValues(kinds, (kind, output) =>
    makeHandle(kind, { from: 'node', node, output }),
  )
  return markNode(handles, node) as StepHandles<Out>
}

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]))

/** File URL of the module that called the function which calls this. */
function callerModule(): string {
  return getCallSites(3)[2]?.scriptName ?? ''
}
