import type { JsonValue, PortKind } from '@kaizen/contracts'

declare const carried: unique symbol

/** One named input or output of a step: its kind, and for values their type. */
export interface Port<Kind extends PortKind = PortKind, Value = unknown> {
  readonly kind: Kind
  readonly [carried]?: Value
}
export type Ports = Readonly<Record<string, Port>>

/** Rows: one Parquet file. */
export const table = (): Port<'table'> => ({ kind: 'table' })
/** A model: one ONNX file. */
export const model = (): Port<'model'> => ({ kind: 'model' })
/** Any file. */
export const file = (): Port<'file'> => ({ kind: 'file' })
/** A JSON value. */
export const value = <Value extends JsonValue>(): Port<'value', Value> => ({ kind: 'value' })
/** A finite number that is logged to the tracking run too. */
export const metric = (): Port<'metric', number> => ({ kind: 'metric' })

/** A parameter of a pipeline; without a default it must be given when a run starts. */
export interface Param<Value = unknown> {
  readonly type: 'number' | 'integer' | 'string' | 'boolean' | 'timestamp' | 'json'
  readonly default?: Value
}
export type Params = Readonly<Record<string, Param>>

const param = <Value>(type: Param['type'], fallback: Value | undefined): Param<Value> =>
  fallback === undefined ? { type } : { type, default: fallback }

export const number = (fallback?: number): Param<number> => param('number', fallback)
export const integer = (fallback?: number): Param<number> => param('integer', fallback)
export const text = (fallback?: string): Param<string> => param('string', fallback)
export const flag = (fallback?: boolean): Param<boolean> => param('boolean', fallback)
/** Milliseconds since 1970-01-01T00:00:00Z. */
export const timestamp = (fallback?: number): Param<number> => param('timestamp', fallback)
export const jsonParam = <Value extends JsonValue>(fallback?: Value): Param<Value> =>
  param('json', fallback)
