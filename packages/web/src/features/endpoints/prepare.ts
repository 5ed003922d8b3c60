import type { JsonValue, TensorSpec } from '@kaizen/contracts'

export interface FormField {
  readonly name: string
  readonly datatype: string
  readonly text: string
}

/** A form field per input tensor, filled with the newest logged values. */
export const formFields = (
  inputs: readonly TensorSpec[],
  latest: Readonly<Record<string, JsonValue>> | undefined,
): readonly FormField[] =>
  inputs.map((input) => {
    const value = latest?.[input.name]
    return {
      name: input.name,
      datatype: input.datatype,
      text: value === undefined || value === null ? '' : String(value),
    }
  })

export type FormProblem = { readonly name: string; readonly problem: string }

/** The body of an inference request from what was typed, or what is wrong with it. */
export function inferenceBody(
  fields: readonly FormField[],
):
  | { readonly ok: true; readonly body: object }
  | { readonly ok: false; readonly problems: readonly FormProblem[] } {
  const problems: FormProblem[] = []
  const inputs = fields.map((field) => {
    const value = readValue(field)
    if (value === undefined)
      problems.push({ name: field.name, problem: `expected ${typeWords(field.datatype)}` })
    return { name: field.name, datatype: field.datatype, shape: [1, 1], data: [value] }
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, body: { inputs } }
}

/** What was typed, by input; only of fields that can be read. */
export const formValues = (
  fields: readonly FormField[],
): Readonly<Record<string, string | number | boolean>> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = readValue(field)
      return value === undefined ? [] : [[field.name, value]]
    }),
  )

function readValue({ datatype, text }: FormField): string | number | boolean | undefined {
  if (datatype === 'BYTES') return text
  if (datatype === 'BOOL') return text === 'true' ? true : text === 'false' ? false : undefined
  if (text.trim() === '') return undefined
  const number = Number(text)
  if (!Number.isFinite(number)) return undefined
  return datatype.startsWith('FP') || Number.isInteger(number) ? number : undefined
}

const typeWords = (datatype: string): string =>
  datatype === 'BOOL' ? 'true or false' : datatype.startsWith('FP') ? 'a number' : 'a whole number'

export interface RouteChange {
  readonly arms: readonly {
    readonly name: string
    readonly model: string
    readonly weight: number | null
    readonly mode: string
  }[]
  readonly reason: string
}

/** The arms after a route change and why, from its audit event. */
export function routeChange(data: Readonly<Record<string, JsonValue>>): RouteChange {
  const after = asObject(data['after'])
  const list = after['arms'] ?? data['arms'] ?? data['after']
  const arms = Array.isArray(list) ? list.map(asObject) : []
  return {
    reason:
      typeof data['reason'] === 'string' && data['reason'] !== ''
        ? data['reason']
        : 'no reason given',
    arms: arms.map((arm) => ({
      name: String(arm['name'] ?? 'arm'),
      model: String(arm['model'] ?? ''),
      weight: typeof arm['weight'] === 'number' ? arm['weight'] : null,
      mode: arm['mode'] === 'shadow' ? 'shadow' : 'live',
    })),
  }
}

const asObject = (value: JsonValue | undefined): { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })
    : {}
