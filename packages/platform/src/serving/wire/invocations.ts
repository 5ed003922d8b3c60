import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import type { Datatype, Tensor } from '../../runtime/index.ts'
import type { PredictionAnswer } from '../endpoints/live-endpoint.ts'
import type { ExplainRequest } from '../explain/model.ts'
import { type InputRules, withDefaults } from '../limits/input-rules.ts'
import { type BoundInputs, bindInputs, isBatched, unknownInput } from './bind.ts'
import { type Reading, readerOf } from './cell-reader.ts'
import { parseCsv, parseCsvLines } from './csv.ts'
import { explainParameters, parseExplain } from './explain-parameter.ts'
import { parseBody, parseExactly, parseText, type WireJson } from './json.ts'
import { type PredictionContext, parseEventTime, parseId, parseIds } from './prediction-context.ts'
import { elementsOf, invalidTensor, renderJsonData } from './tensor-json.ts'

/** A scoring request of MLflow, decoded but not yet held against a model. */
export interface ScoringRequest {
  readonly context: PredictionContext
  readonly explain?: ExplainRequest | undefined
  /** Names of the columns or inputs, where they have some. */
  readonly names?: (() => ReadonlySet<string>) | undefined
  /** Holds the rows against a signature. @throws INVALID_TENSOR */
  bind(signature: ModelSignature, rules?: InputRules): BoundInputs
}

/** How the rows of a scoring request are written. */
export type ScoringForm =
  | { readonly kind: 'json' }
  | { readonly kind: 'lines'; readonly context: PredictionContext }
  | {
      readonly kind: 'csv'
      readonly header: 'present' | 'absent'
      readonly context: PredictionContext
    }

/** Decodes a scoring request in any of its forms. @throws INVALID_JSON, INVALID_REQUEST, INVALID_DATA */
export function decodeScoring(body: Buffer, form: ScoringForm): ScoringRequest {
  switch (form.kind) {
    case 'json':
      return decodeScoringJson(body)
    case 'lines':
      return decodeScoringLines(body, form.context)
    case 'csv':
      return decodeScoringCsv(body, form)
  }
}

/** Rows by named columns, as a data frame has them. */
interface Frame {
  readonly columns: ReadonlyMap<string, readonly WireJson[]>
  readonly rows: number
  /** Values are text that stands for what the signature asks. */
  readonly text: boolean
}

const forms = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const
const invalid = (where: string, problem: string, hint?: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${where}: ${problem}`, hint === undefined ? {} : { hint })

const isObject = (value: WireJson | undefined): value is { readonly [key: string]: WireJson } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: WireJson | undefined): value is readonly WireJson[] => Array.isArray(value)

/**
 * Decodes the JSON forms of MLflow's scoring protocol; `kaizen` beside them may name rows and their event time.
 * https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
 * @throws INVALID_JSON, INVALID_REQUEST
 */
function decodeScoringJson(body: Buffer): ScoringRequest {
  const request = parseBody(body)
  if (!isObject(request)) throw invalid('body', 'expected an object')
  const given = forms.filter((form) => request[form] !== undefined)
  const unknown = Object.keys(request).filter(
    (key) => !([...forms, 'params', 'kaizen'] as string[]).includes(key),
  )
  const [form] = given
  if (given.length !== 1 || !form || unknown.length > 0) {
    throw invalid(
      'body',
      unknown.length > 0
        ? `"${unknown[0]!.slice(0, 100)}" is not a known field`
        : `expected exactly one of ${forms.join(', ')}`,
      'Send for example {"dataframe_split": {"columns": ["a"], "data": [[1]]}}.',
    )
  }
  return {
    context: contextOf(request['kaizen']),
    explain: explainOf(request['params']),
    ...binderOf(form, request[form]!),
  }
}

/** Parameters are the server's own: models take none. */
function explainOf(params: WireJson | undefined): ExplainRequest | undefined {
  if (!isObject(params)) return undefined
  const unknown = Object.keys(params).find(
    (name) => !(explainParameters as readonly string[]).includes(name),
  )
  if (unknown !== undefined) {
    throw invalid('params', `the model takes no parameter "${unknown.slice(0, 100)}"`)
  }
  return parseExplain('params.', params)
}

/** Decodes CSV; without a header line its columns are the inputs of the model in their order. @throws INVALID_DATA */
function decodeScoringCsv(
  body: Buffer,
  {
    header,
    context,
  }: { readonly header: 'present' | 'absent'; readonly context: PredictionContext },
): ScoringRequest {
  const text = parseText(body)
  if (header === 'present') {
    const { header: names, lines } = parseCsv(text)
    const frame = frameOf(names, lines, 'the CSV', true)
    return { context, ...ofFrame(frame) }
  }
  const lines = parseCsvLines(text)
  const width = lines[0]?.length ?? 0
  const bind: ScoringRequest['bind'] = (signature, rules) => {
    const named = signature.inputs.map(({ name }) => name)
    const alone = named.length === 1 || width !== named.length
    const names = alone ? Array.from({ length: width }, (_, i) => `${i}`) : named
    return bindFrame(signature, frameOf(width === 1 ? named : names, lines, 'the CSV', true), rules)
  }
  return { context, bind }
}

/** Decodes one record a line. @throws INVALID_JSON, INVALID_REQUEST */
function decodeScoringLines(body: Buffer, context: PredictionContext): ScoringRequest {
  const lines = parseText(body).split('\n')
  const records = lines.filter((line) => line.trim() !== '').map(parseExactly)
  const frame = recordsFrame('the lines', records)
  return { context, ...ofFrame(frame) }
}

/** How the rows of a frame are bound, and the names of its columns. */
const ofFrame = (frame: Frame): Bindable => ({
  names: () => new Set(frame.columns.keys()),
  bind: (signature, rules) => bindFrame(signature, frame, rules),
})
type Bindable = Pick<ScoringRequest, 'names' | 'bind'>

function contextOf(value: WireJson | undefined): PredictionContext {
  if (value === undefined || value === null) {
    return { id: undefined, inferenceIds: undefined, at: undefined }
  }
  if (!isObject(value)) throw invalid('kaizen', 'expected an object')
  const known = ['inference_id', 'inference_ids', 'event_time']
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw invalid('kaizen', `"${unknown.slice(0, 100)}" is not one of ${known.join(', ')}`)
  }
  return {
    id: parseId('kaizen.inference_id', value['inference_id']),
    inferenceIds: parseIds('kaizen.inference_ids', value['inference_ids']),
    at: parseEventTime('kaizen.event_time', value['event_time']),
  }
}

function binderOf(form: (typeof forms)[number], value: WireJson): Bindable {
  switch (form) {
    case 'dataframe_split':
      return ofFrame(splitFrame(value))
    case 'dataframe_records':
      return ofFrame(recordsFrame('dataframe_records', value))
    case 'instances': {
      if (!isList(value)) throw invalid('instances', 'expected a list')
      if (isObject(value[0])) return ofFrame(recordsFrame('instances', value))
      return {
        bind: (signature, rules) => bindOnly(signature, { where: 'instances', value }, rules),
      }
    }
    case 'inputs':
      if (isObject(value)) {
        return {
          names: () => new Set(Object.keys(value)),
          bind: (signature, rules) => bindNamed(signature, value, rules),
        }
      }
      if (!isList(value)) throw invalid('inputs', 'expected an object or a list')
      return { bind: (signature, rules) => bindOnly(signature, { where: 'inputs', value }, rules) }
  }
}

function splitFrame(value: WireJson): Frame {
  if (!isObject(value)) throw invalid('dataframe_split', 'expected an object')
  const { columns, data } = value
  if (!isList(columns) || !columns.every((name) => typeof name === 'string')) {
    throw invalid('dataframe_split.columns', 'expected a list of names')
  }
  if (!isList(data) || !data.every(isList)) {
    throw invalid('dataframe_split.data', 'expected a list of rows, each a list')
  }
  return frameOf(columns as string[], data as WireJson[][], 'dataframe_split.data', false)
}

function frameOf(
  names: readonly string[],
  rows: readonly (readonly WireJson[])[],
  where: string,
  text: boolean,
): Frame {
  if (new Set(names).size !== names.length) throw invalid(where, 'a column stands twice')
  const ragged = rows.findIndex((row) => row.length !== names.length)
  if (ragged >= 0) {
    throw invalid(
      where,
      `row ${ragged} has ${rows[ragged]!.length} values for ${names.length} columns`,
    )
  }
  const columns = new Map(names.map((name, i) => [name, rows.map((row) => row[i]!)]))
  return { columns, rows: rows.length, text }
}

function recordsFrame(where: string, value: WireJson): Frame {
  if (!isList(value) || !value.every(isObject)) throw invalid(where, 'expected a list of objects')
  const names = new Set(value.flatMap((record) => Object.keys(record)))
  const columns = new Map(
    [...names].map((name) => [name, value.map((record) => record[name] ?? null)]),
  )
  return { columns, rows: value.length, text: false }
}

/** True where an input holds one value a row. */
const isColumn = ({ shape }: TensorSpec): boolean =>
  shape[0] === -1 && shape.slice(1).every((size) => size === 1)

/** One input a column; or the columns, in the order given, as the one matrix that the model takes. */
function bindFrame(
  signature: ModelSignature,
  given: Frame,
  rules: InputRules | undefined,
): BoundInputs {
  const [only] = signature.inputs
  const matrix = signature.inputs.length === 1 && only && !isColumn(only)
  const { rows, text } = given
  const isMissing = (value: WireJson): boolean => value === null || (text && value === '')
  const inputs = matrix ? [] : signature.inputs
  const columns = withDefaults(given.columns, inputs, { rows, rules, isMissing })
  const frame: Frame = { ...given, columns }
  const reading = text ? 'text' : (rules?.validation ?? 'usual')
  if (matrix) {
    const width = only.shape.length === 2 ? only.shape[1]! : Number.NaN
    if (!isBatched(signature) || !(width === -1 || width === frame.columns.size)) {
      throw invalidTensor(
        `input "${only.name}"`,
        `a table of ${frame.columns.size} columns does not fit the shape [${only.shape.join(', ')}]`,
      )
    }
    const lists = [...frame.columns.values()]
    const values: WireJson[] = []
    for (let row = 0; row < frame.rows; row++) for (const column of lists) values.push(column[row]!)
    const shape = [frame.rows, lists.length]
    return bindInputs(signature, new Map([[only.name, tensorOf(only, shape, values, reading)]]))
  }
  const tensors = new Map<string, Tensor>()
  for (const spec of signature.inputs) {
    const values = frame.columns.get(spec.name)
    if (!values) {
      throw new KaizenError('INVALID_TENSOR', `the column "${spec.name}" is missing`, {
        hint: `The model takes the columns ${signature.inputs.map(({ name }) => name).join(', ')}.`,
      })
    }
    if (!isColumn(spec)) {
      throw invalidTensor(
        `input "${spec.name}"`,
        `its shape [${spec.shape.join(', ')}] is not one value a row; send it under "inputs"`,
      )
    }
    const shape = [frame.rows, ...spec.shape.slice(1)]
    tensors.set(spec.name, tensorOf(spec, shape, values, reading))
  }
  if (frame.columns.size > tensors.size) throw unknownInput(signature, frame.columns.keys())
  return bindInputs(signature, tensors)
}

/** Named tensors as nested lists; a flat list is a column. */
export function bindNamed(
  signature: ModelSignature,
  inputs: { readonly [name: string]: WireJson },
  rules: InputRules | undefined,
): BoundInputs {
  const tensors = new Map<string, Tensor>()
  for (const [name, value] of Object.entries(inputs)) {
    const spec = signature.inputs.find((input) => input.name === name)
    if (!spec) throw unknownInput(signature, Object.keys(inputs))
    tensors.set(name, nestedTensor(spec, isList(value) ? value : [value], rules))
  }
  const rows = tensors.values().next().value?.shape[0] ?? 1
  for (const spec of signature.inputs) {
    const value = rules?.defaults.get(spec.name)
    if (value === undefined || tensors.has(spec.name)) continue
    tensors.set(spec.name, nestedTensor(spec, Array(rows).fill(value), rules))
  }
  return bindInputs(signature, tensors)
}

/** The one input of a model as nested lists. */
function bindOnly(
  signature: ModelSignature,
  { where, value }: { readonly where: string; readonly value: readonly WireJson[] },
  rules: InputRules | undefined,
): BoundInputs {
  const [only, ...others] = signature.inputs
  if (!only || others.length > 0) {
    throw invalid(
      where,
      `a list does not say which of the ${signature.inputs.length} inputs it is`,
      'Send {"inputs": {"NAME": [...]}} or a data frame.',
    )
  }
  return bindInputs(signature, new Map([[only.name, nestedTensor(only, value, rules)]]))
}

/** No tensor has more dimensions. */
const maxRank = 32

function nestedTensor(
  spec: TensorSpec,
  value: readonly WireJson[],
  rules: InputRules | undefined,
): Tensor {
  const shape: number[] = []
  for (let level: WireJson | undefined = value; isList(level); level = level[0]) {
    shape.push(level.length)
    if (shape.length > maxRank) {
      throw invalidTensor(`input "${spec.name}"`, `its lists are nested more than ${maxRank} deep`)
    }
  }
  const flat: WireJson[] = []
  const walk = (level: readonly WireJson[], depth: number): void => {
    if (level.length !== shape[depth]) {
      throw invalidTensor(`input "${spec.name}"`, 'its lists are not all of the same length')
    }
    for (const item of level) {
      const leaf = depth === shape.length - 1
      if (isList(item) === leaf) {
        throw invalidTensor(`input "${spec.name}"`, 'its lists are not nested equally deep')
      }
      if (isList(item)) walk(item, depth + 1)
      else flat.push(item)
    }
  }
  walk(value, 0)
  const column = shape.length === 1 && spec.shape.length === 2 && spec.shape[1] === 1
  return tensorOf(spec, column ? [shape[0]!, 1] : shape, flat, rules?.validation ?? 'usual')
}

function tensorOf(
  { name, datatype: named }: TensorSpec,
  shape: readonly number[],
  values: readonly WireJson[],
  reading: Reading,
): Tensor {
  const datatype = named as Datatype
  const read = readerOf(datatype, reading)
  return { datatype, shape, data: elementsOf(`"${name}"`, datatype, values.map(read)) }
}

/**
 * The answer: one value a row, or a list a row, of the model's only output; objects by name where it has several. What
 * is `more` follows as JSON of further fields.
 */
export const encodePredictions = (
  answer: Pick<PredictionAnswer, 'signature' | 'outputs' | 'rows'>,
  more = '',
): string => `{"predictions":[${encodeRows(answer).join()}]${more}}`

/** JSON of the answer to each row. */
export function encodeRows({
  signature,
  outputs,
  rows,
}: Pick<PredictionAnswer, 'signature' | 'outputs' | 'rows'>): readonly string[] {
  const columns = signature.outputs.map(({ name }) => ({
    name,
    values: renderRows(outputs[name]!, rows),
  }))
  const [only] = columns
  if (columns.length === 1 && only) return only.values
  return Array.from({ length: rows }, (_, row) => {
    const fields = columns.map(({ name, values }) => `${JSON.stringify(name)}:${values[row]}`)
    return `{${fields.join()}}`
  })
}

/** JSON of each row of a tensor. */
function renderRows(tensor: Tensor, rows: number): string[] {
  const width = rows === 0 ? 0 : tensor.data.length / rows
  const scalar = width === 1 && tensor.shape.length <= 2
  return Array.from({ length: rows }, (_, row) => {
    const data = tensor.data.slice(row * width, (row + 1) * width)
    const text = renderJsonData({ ...tensor, data })
    return scalar ? text.slice(1, -1) : text
  })
}
