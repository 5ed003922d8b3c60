import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import {
  type Datatype,
  elementBytes,
  isDatatype,
  type Tensor,
  type Tensors,
} from '../../runtime/index.ts'
import type { ExplainRequest, Explanation } from '../explain/model.ts'
import { type BoundInputs, bindInputs } from './bind.ts'
import { parseExplain } from './explain-parameter.ts'
import { explanationParameters, explanationTensors } from './explanation.ts'
import { parseBody, type WireJson } from './json.ts'
import type { NumberArray } from './number-arrays.ts'
import {
  NeedsPlainParser,
  type PlainNumbers,
  readPlainNumbers,
  standsFor,
  tensorOfNumbers,
} from './plain-numbers.ts'
import { type PredictionContext, parseEventTime, parseId, parseIds } from './prediction-context.ts'
import { decodeBinaryTensor, encodeBinaryTensor } from './tensor-binary.ts'
import { decodeJsonTensor, renderJsonData, show } from './tensor-json.ts'

/** An inference request of the Open Inference Protocol V2, decoded but not yet held against a model. */
export interface OpenInferenceRequest {
  /** As sent; echoed. */
  readonly id: string | undefined
  readonly context: PredictionContext
  readonly inputs: ReadonlyMap<string, Tensor>
  /** The only input of the model as bare bytes, where the request is nothing else. */
  readonly raw?: Buffer
  /** Outputs asked for; undefined for all. */
  readonly outputs: readonly OutputRequest[] | undefined
  /** All outputs in binary form unless one says otherwise. */
  readonly binaryOutputs: boolean
  readonly explain?: ExplainRequest | undefined
}
export interface OutputRequest {
  readonly name: string
  readonly binary: boolean | undefined
}

type JsonObject = { readonly [key: string]: WireJson }

const invalid = (where: string, problem: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${where}: ${problem}`)

function objectAt(where: string, value: WireJson | undefined): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(where, 'expected an object')
  }
  return value as JsonObject
}

const parametersAt = (where: string, value: WireJson | undefined): JsonObject =>
  value === undefined || value === null ? {} : objectAt(where, value)

/**
 * Decodes a request: JSON, followed by binary tensors when the header `Inference-Header-Content-Length` says how long
 * the JSON is. https://github.com/kserve/open-inference-protocol
 * @throws INVALID_JSON, INVALID_REQUEST, INVALID_TENSOR
 */
export function decodeOpenInference(
  body: Buffer,
  jsonLength: string | undefined,
): OpenInferenceRequest {
  if (jsonLength === '0') return rawRequest(body)
  const jsonBytes = jsonLength === undefined ? body.length : headerLength(jsonLength, body.length)
  const json = body.subarray(0, jsonBytes)
  const binary = body.subarray(jsonBytes)
  const plain = readPlainNumbers(json)
  if (plain) {
    try {
      return decodeRequest(plain, binary)
    } catch (failure) {
      if (!(failure instanceof NeedsPlainParser || failure instanceof KaizenError)) throw failure
    }
  }
  return decodeRequest({ json: parseBody(json), arrays: [] }, binary)
}

function decodeRequest({ json, arrays }: PlainNumbers, binary: Buffer): OpenInferenceRequest {
  const request = objectAt('body', json)
  const parameters = parametersAt('parameters', request['parameters'])
  const id = parseId('id', request['id'])
  return {
    id,
    context: {
      id: id ?? parseId('parameters.inference_id', parameters['inference_id']),
      inferenceIds: parseIds('parameters.inference_ids', parameters['inference_ids']),
      at: parseEventTime('parameters.event_time', parameters['event_time']),
    },
    inputs: decodeInputs(request['inputs'], { binary, arrays }),
    outputs: decodeOutputs(request['outputs']),
    binaryOutputs: parameters['binary_data_output'] === true,
    explain: parseExplain('parameters.', parameters),
  }
}

/** A body that is one tensor and nothing else; all outputs come back in binary form. */
const rawRequest = (raw: Buffer): OpenInferenceRequest => ({
  id: undefined,
  context: { id: undefined, inferenceIds: undefined, at: undefined },
  inputs: new Map(),
  raw,
  outputs: undefined,
  binaryOutputs: true,
})

function headerLength(text: string, available: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(length > 0 && length <= available)) {
    throw invalid(
      'Inference-Header-Content-Length',
      `"${text.slice(0, 40)}" is not the length of the JSON in a body of ${available} bytes`,
    )
  }
  return length
}

/** Parameters that would change the data; ignoring them would answer something else than was asked. @throws UNSUPPORTED */
export function refuseUnsupported(where: string, parameters: object): void {
  for (const name of ['shared_memory_region', 'classification']) {
    if (!(name in parameters)) continue
    throw new KaizenError('UNSUPPORTED', `${where}: the parameter ${name} is not supported`, {
      hint: 'Send and ask for the data itself.',
    })
  }
}

function decodeInputs(
  value: WireJson | undefined,
  { binary, arrays }: { readonly binary: Buffer; readonly arrays: readonly NumberArray[] },
): ReadonlyMap<string, Tensor> {
  if (!Array.isArray(value)) throw invalid('inputs', 'expected an array of tensors')
  const inputs = new Map<string, Tensor>()
  let at = 0
  let read = 0
  for (const [i, item] of (value as readonly WireJson[]).entries()) {
    const where = `inputs[${i}]`
    const input = objectAt(where, item)
    const { name, datatype, shape } = input
    if (typeof name !== 'string') throw invalid(`${where}.name`, 'expected text')
    if (inputs.has(name)) throw invalid(`${where}.name`, `"${name}" stands twice`)
    if (typeof datatype !== 'string' || !isDatatype(datatype)) {
      throw invalid(`${where}.datatype`, `${show(datatype)} is not a known datatype`)
    }
    if (!Array.isArray(shape) || !shape.every((size) => typeof size === 'number')) {
      throw invalid(`${where}.shape`, 'expected an array of whole numbers')
    }
    const head = { datatype, shape: shape as number[] }
    const parameters = parametersAt(`${where}.parameters`, input['parameters'])
    refuseUnsupported(where, parameters)
    const size = parameters['binary_data_size']
    if (size === undefined) {
      if (input['data'] === undefined) throw invalid(`${where}.data`, 'is missing')
      const array = standsFor(input['data'], arrays)
      if (array) read++
      inputs.set(
        name,
        array ? tensorOfNumbers(head, array) : decodeJsonTensor(where, head, input['data']),
      )
      continue
    }
    if (input['data'] !== undefined) {
      throw invalid(where, 'has both data and binary_data_size; send one of them')
    }
    if (
      !Number.isSafeInteger(size) ||
      (size as number) < 0 ||
      at + (size as number) > binary.length
    ) {
      throw invalid(
        `${where}.parameters.binary_data_size`,
        `is ${String(size)}, but ${binary.length - at} bytes are left in the body`,
      )
    }
    inputs.set(name, decodeBinaryTensor(where, head, binary.subarray(at, at + (size as number))))
    at += size as number
  }
  // One that stands anywhere else, or twice under one name, is no input.
  if (read !== arrays.length) throw new NeedsPlainParser()
  if (at !== binary.length) {
    throw invalid('body', `${binary.length - at} bytes are left after the last binary tensor`)
  }
  return inputs
}

function decodeOutputs(value: WireJson | undefined): readonly OutputRequest[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid('outputs', 'expected an array')
  if (value.length === 0) return undefined
  const outputs = (value as readonly WireJson[]).map((item, i) => {
    const where = `outputs[${i}]`
    const output = objectAt(where, item)
    if (typeof output['name'] !== 'string') throw invalid(`${where}.name`, 'expected text')
    const parameters = parametersAt(`${where}.parameters`, output['parameters'])
    refuseUnsupported(where, parameters)
    const binary = parameters['binary_data']
    if (binary !== undefined && typeof binary !== 'boolean') {
      throw invalid(`${where}.parameters.binary_data`, 'expected true or false')
    }
    return { name: output['name'], binary }
  })
  if (new Set(outputs.map(({ name }) => name)).size !== outputs.length) {
    throw invalid('outputs', 'an output stands twice')
  }
  return outputs
}

/**
 * Holds a request against a signature: outputs asked for, then inputs.
 * @throws INVALID_REQUEST, INVALID_TENSOR
 */
export function bindOpenInference(
  request: Pick<OpenInferenceRequest, 'inputs' | 'outputs' | 'raw'>,
  signature: ModelSignature,
): BoundInputs {
  for (const { name } of request.outputs ?? []) {
    if (!signature.outputs.some((output) => output.name === name)) {
      throw new KaizenError('INVALID_REQUEST', `the model has no output "${name.slice(0, 100)}"`, {
        hint: `Its outputs are ${signature.outputs.map((output) => output.name).join(', ')}.`,
      })
    }
  }
  return bindInputs(signature, request.raw ? rawInput(signature, request.raw) : request.inputs)
}

/** The tensor that bare bytes are: the size of its one free dimension follows from their number. @throws INVALID_REQUEST */
function rawInput(signature: ModelSignature, raw: Buffer): ReadonlyMap<string, Tensor> {
  const [only, ...others] = signature.inputs
  const free = only?.shape.filter((size) => size === -1).length ?? 0
  if (!only || others.length > 0 || free > 1) {
    throw invalid(
      'Inference-Header-Content-Length',
      'a body without JSON needs a model of one input with at most one free dimension',
    )
  }
  const datatype = only.datatype as Datatype
  const fixed = only.shape.reduce((product, size) => (size === -1 ? product : product * size), 1)
  const elements = datatype === 'BYTES' ? 1 : raw.length / elementBytes[datatype]
  const shape = only.shape.map((size) => (size === -1 ? elements / fixed : size))
  return new Map([[only.name, decodeBinaryTensor('the body', { datatype, shape }, raw)]])
}

/** An answer on the wire; `jsonLength` is set where binary tensors follow the JSON. */
export interface OpenInferenceAnswer {
  readonly body: string | Buffer
  readonly jsonLength: number | undefined
}

/** Renders the answer to a request. */
export function encodeOpenInference(
  request: Pick<OpenInferenceRequest, 'outputs' | 'binaryOutputs'>,
  answer: {
    readonly model: string
    readonly version: number
    readonly id: string
    readonly signature: ModelSignature
    readonly outputs: Tensors
    readonly explanation?: Explanation
  },
): OpenInferenceAnswer {
  const { explanation } = answer
  const added = explanation ? explanationTensors(explanation) : {}
  const whole = (name: string): OutputRequest => ({ name, binary: undefined })
  const wanted: readonly OutputRequest[] = [
    ...(request.outputs ?? answer.signature.outputs.map(({ name }) => whole(name))),
    ...Object.keys(added).map(whole),
  ]
  const binary: Uint8Array[] = []
  const outputs = wanted.map(({ name, binary: asked }) => {
    const tensor = added[name] ?? answer.outputs[name]!
    const head = `{"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join()}]`
    if (!(asked ?? request.binaryOutputs)) return `${head},"data":${renderJsonData(tensor)}}`
    const bytes = encodeBinaryTensor(tensor)
    binary.push(bytes)
    return `${head},"parameters":{"binary_data_size":${bytes.length}}}`
  })
  const parameters = explanation
    ? `"parameters":${JSON.stringify(explanationParameters(explanation))},`
    : ''
  const json = `{"model_name":${JSON.stringify(answer.model)},"model_version":"${answer.version}","id":${JSON.stringify(answer.id)},${parameters}"outputs":[${outputs.join()}]}`
  if (binary.length === 0) return { body: json, jsonLength: undefined }
  const text = Buffer.from(json)
  return { body: Buffer.concat([text, ...binary]), jsonLength: text.length }
}
