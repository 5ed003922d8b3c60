import type { CallOptions, NodeBody, RunOptions } from './graph.ts'
import type { Ports } from './ports.ts'
import { callStep, type StepCall, type StepHandles } from './step.ts'

export interface CommandDeclaration<In extends Ports, Out extends Ports> extends RunOptions {
  readonly in: In
  readonly out: Out
  /** Program and arguments, run in the project's folder; the contract's path is in KAIZEN_STEP. */
  readonly argv: readonly [string, ...string[]]
  /** Files of the project that are its code; those named in `argv` count without being listed. */
  readonly files?: readonly string[]
}
export interface PythonDeclaration<In extends Ports, Out extends Ports> extends RunOptions {
  readonly in: In
  readonly out: Out
  /** The script, relative to the project's folder; the Python files beside and below it are its code too. */
  readonly file: string
  readonly args?: readonly string[]
  /** The interpreter; `python3` unless told. */
  readonly python?: string
}

/** A step that is a command; calling it inside `pipeline()` makes a node. */
export type CommandStep<In extends Ports, Out extends Ports> = (
  inputs: StepCall<In>,
  options?: CallOptions,
) => StepHandles<Out>

/** Declares a step in any language: a command that keeps the step contract. */
export function commandStep<const In extends Ports, const Out extends Ports>(
  name: string,
  declaration: CommandDeclaration<In, Out>,
): CommandStep<In, Out> {
  const { in: inputs, out, argv, files, ...options } = declaration
  const body: NodeBody = { kind: 'command', argv, code: { python: false, files: files ?? [] } }
  return (given, call = {}) =>
    callStep<In, Out>({ name, in: inputs, out, body }, given, { ...options, ...call })
}

/** Declares a step that is a Python script; it keeps the step contract with nothing but the standard library. */
export function pythonStep<const In extends Ports, const Out extends Ports>(
  name: string,
  declaration: PythonDeclaration<In, Out>,
): CommandStep<In, Out> {
  const { in: inputs, out, file, args = [], python = 'python3', ...options } = declaration
  const body: NodeBody = {
    kind: 'command',
    argv: [python, file, ...args],
    code: { python: true, files: [file] },
  }
  return (given, call = {}) =>
    callStep<In, Out>({ name, in: inputs, out, body }, given, { ...options, ...call })
}
