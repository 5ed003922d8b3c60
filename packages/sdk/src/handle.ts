import type { PortKind, ValueRef } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'

const kindOf = Symbol('kaizen.handle.kind')
const refOf = Symbol('kaizen.handle.ref')
declare const carried: unique symbol

/**
 * What will flow along an edge of the graph, known by kind and type, not by value: the value exists only when the
 * pipeline runs. It is callable so that the compiler flags `if (handle)`; whatever asks it for a value throws.
 */
export interface Handle<Kind extends PortKind = PortKind, Value = unknown> {
  (...never: never[]): never
  readonly [kindOf]: Kind
  readonly [refOf]: ValueRef
  readonly [carried]?: Value
}

/** Rows as one Parquet file. */
export type TableHandle = Handle<'table'>
/** An ONNX model. */
export type ModelHandle = Handle<'model'>
/** Any file. */
export type FileHandle = Handle<'file'>
/** A JSON value. */
export type ValueHandle<Value = unknown> = Handle<'value', Value>
/** A number that is also logged as a metric. */
export type MetricHandle = Handle<'metric', number>

/** A value that is known now, or one that will be. */
export type Input<Value> =
  | Value
  | ValueHandle<Value>
  | (number extends Value ? MetricHandle : never)

export function makeHandle<Kind extends PortKind, Value = unknown>(
  kind: Kind,
  ref: ValueRef,
): Handle<Kind, Value> {
  const refuse = (): never => {
    throw new KaizenError(
      'INVALID_MANIFEST',
      `${describe(ref)} has no value while the pipeline is being declared`,
      { hint: 'Pass it to a step; inside the step it is a value.' },
    )
  }
  return Object.assign(() => refuse(), {
    [kindOf]: kind,
    [refOf]: ref,
    [Symbol.toPrimitive]: refuse,
    [Symbol.iterator]: refuse,
    toJSON: refuse,
  }) as unknown as Handle<Kind, Value>
}

export const isHandle = (value: unknown): value is Handle =>
  typeof value === 'function' && refOf in value

export const kindOfHandle = (handle: Handle): PortKind => handle[kindOf]
export const refOfHandle = (handle: Handle): ValueRef => handle[refOf]

/** The reference that a manifest holds for an input: of a handle its own, of a value a literal. */
export const refOfInput = (input: unknown): ValueRef =>
  isHandle(input) ? refOfHandle(input) : { from: 'literal', value: input as never }

function describe(ref: ValueRef): string {
  switch (ref.from) {
    case 'param':
      return `the parameter "${ref.name}"`
    case 'node':
      return `the output "${ref.output}" of the step "${ref.node}"`
    case 'dataset':
      return `the window of the dataset "${ref.dataset}"`
    case 'literal':
      return 'this handle'
  }
}
