import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'
import { isDatatype, type Tensor, type Tensors } from '../../runtime/index.ts'
import type { PredictionAnswer } from '../endpoints/live-endpoint.ts'
import type { Served } from '../endpoints/served.ts'
import { textHash } from '../routing/unit-hash.ts'
import { parseExplain } from '../wire/explain-parameter.ts'
import { explanationParameters, explanationTensors } from '../wire/explanation.ts'
import type { WireJson } from '../wire/json.ts'
import { bindOpenInference, refuseUnsupported } from '../wire/open-inference.ts'
import {
  type PredictionContext,
  parseEventTime,
  parseId,
  parseIds,
} from '../wire/prediction-context.ts'
import { decodeBinaryTensor, encodeBinaryTensor } from '../wire/tensor-binary.ts'
import { parseVersion } from '../wire/version.ts'
import { decodeContents, encodeContents } from './contents.ts'
import type {
  InferInputTensor,
  InferOutputTensor,
  InferParameter,
  InferParameters,
  ModelInferRequest,
  ModelInferResponse,
} from './messages.ts'

const invalid = (where: string, problem: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${where}: ${problem}`)

/** Answers a request of ModelInfer in the form in which it came: raw contents by raw contents, typed by typed. */
export async function modelInfer(
  served: Served,
  request: ModelInferRequest,
  { headers, actor }: { readonly headers: Readonly<Record<string, string>>; readonly actor: Actor },
): Promise<{ readonly response: ModelInferResponse; readonly answer: PredictionAnswer }> {
  const raw = request.raw_input_contents.length > 0
  const bound = {
    inputs: decodeInputs(request),
    outputs: request.outputs.length === 0 ? undefined : requestedOutputs(request.outputs),
  }
  const answer = await served.predict({
    context: contextOf(request),
    version: parseVersion(request.model_version),
    headers,
    explain: parseExplain('parameters.', {
      explain: parameterAt(request.parameters, 'explain'),
      explain_budget_ms: parameterAt(request.parameters, 'explain_budget_ms'),
    }),
    // gRPC tells no address that proxies would not change; clients are told apart by their token.
    caller: { actor, address: `grpc ${textHash(headers['authorization'] ?? '')}` },
    names: () => new Set(bound.inputs.keys()),
    bind: (signature) => bindOpenInference(bound, signature),
  })
  const { explanation } = answer
  const added = explanation ? explanationTensors(explanation) : {}
  const names = [
    ...(bound.outputs?.map(({ name }) => name) ?? namesOf(answer.signature)),
    ...Object.keys(added),
  ]
  const response = {
    model_name: request.model_name,
    model_version: String(answer.version),
    id: request.id === '' ? answer.id : request.id,
    ...(explanation && { parameters: inferParameters(explanationParameters(explanation)) }),
    ...encodeOutputs(names, { ...answer.outputs, ...added }, raw || request.inputs.length === 0),
  }
  return { response, answer }
}

const namesOf = ({ outputs }: ModelSignature): readonly string[] => outputs.map(({ name }) => name)

/** What errors call the first inputs; a text for each input of each request would only be thrown away. */
const places = Array.from({ length: 256 }, (_, i) => `inputs[${i}]`)
const placeOf = (i: number): string => places[i] ?? `inputs[${i}]`

function decodeInputs(request: ModelInferRequest): ReadonlyMap<string, Tensor> {
  const { inputs, raw_input_contents: raw } = request
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalid('raw_input_contents', `there are ${raw.length} for ${inputs.length} inputs`)
  }
  const decoded = new Map<string, Tensor>()
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!
    const where = placeOf(i)
    if (decoded.has(input.name)) throw invalid(`${where}.name`, `"${input.name}" stands twice`)
    refuseUnsupported(where, input.parameters)
    decoded.set(input.name, decodeInput(where, input, raw[i]))
  }
  return decoded
}

function decodeInput(where: string, input: InferInputTensor, raw: Uint8Array | undefined): Tensor {
  const { datatype, contents } = input
  if (!isDatatype(datatype)) {
    throw invalid(
      `${where}.datatype`,
      `${JSON.stringify(datatype.slice(0, 40))} is not a known datatype`,
    )
  }
  const head = { datatype, shape: input.shape.map(Number) }
  if (raw === undefined) return decodeContents(where, head, contents ?? {})
  if (contents && Object.values(contents).some((values) => values && values.length > 0)) {
    throw invalid(where, 'has contents beside raw_input_contents; send one of them')
  }
  return decodeBinaryTensor(where, head, raw)
}

function requestedOutputs(outputs: ModelInferRequest['outputs']) {
  if (new Set(outputs.map(({ name }) => name)).size !== outputs.length) {
    throw invalid('outputs', 'an output stands twice')
  }
  return outputs.map(({ name, parameters }, i) => {
    refuseUnsupported(`outputs[${i}]`, parameters)
    return { name, binary: undefined }
  })
}

function contextOf({ id, parameters }: ModelInferRequest): PredictionContext {
  const value = (name: string): WireJson | undefined => parameterAt(parameters, name)
  return {
    id: parseId('id', id) ?? parseId('parameters.inference_id', value('inference_id')),
    inferenceIds: parseIds('parameters.inference_ids', value('inference_ids')),
    at: parseEventTime('parameters.event_time', value('event_time')),
  }
}

function parameterAt(parameters: InferParameters, name: string): WireJson | undefined {
  if (!Object.hasOwn(parameters, name)) return undefined
  const parameter: InferParameter = parameters[name]!
  const choice = parameter.parameter_choice
  if (choice === undefined) return undefined
  return choice === 'int64_param' || choice === 'uint64_param'
    ? Number(parameter[choice])
    : parameter[choice]
}

const inferParameters = (
  values: Readonly<Record<string, string | number | boolean>>,
): Record<string, Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      {
        [typeof value === 'string'
          ? 'string_param'
          : typeof value === 'boolean'
            ? 'bool_param'
            : 'double_param']: value,
      },
    ]),
  )

/** Raw where asked for, and where an output has no typed form: both at once are not allowed. */
function encodeOutputs(
  names: readonly string[],
  outputs: Tensors,
  raw: boolean,
): Pick<ModelInferResponse, 'outputs' | 'raw_output_contents'> {
  const tensors = names.map((name) => outputs[name]!)
  const allRaw = raw || tensors.some(({ datatype }) => datatype === 'FP16')
  return {
    outputs: tensors.map((tensor, i): InferOutputTensor => {
      const head = { name: names[i]!, datatype: tensor.datatype, shape: tensor.shape }
      return allRaw ? head : { ...head, contents: encodeContents(tensor) }
    }),
    raw_output_contents: allRaw ? tensors.map(encodeBinaryTensor) : [],
  }
}
