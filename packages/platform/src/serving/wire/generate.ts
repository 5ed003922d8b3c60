import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { PredictionAnswer } from '../endpoints/live-endpoint.ts'
import type { InputRules } from '../limits/input-rules.ts'
import type { BoundInputs } from './bind.ts'
import { bindNamed } from './invocations.ts'
import { parseBody, type WireJson } from './json.ts'
import { type PredictionContext, parseEventTime, parseId, parseIds } from './prediction-context.ts'
import { renderJsonData } from './tensor-json.ts'

/** A request of the generate extension: inputs by name beside `id` and `parameters`. */
export interface GenerateRequest {
  readonly context: PredictionContext
  /** @throws INVALID_TENSOR */
  readonly bind: (signature: ModelSignature, rules?: InputRules) => BoundInputs
}

type JsonObject = { readonly [key: string]: WireJson }

function objectAt(where: string, value: WireJson | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject
  }
  throw new KaizenError('INVALID_REQUEST', `${where}: expected an object`, {
    hint: 'Send inputs by name, for example {"text_input": "hello"}.',
  })
}

/**
 * Decodes a request of Triton's generate extension: one value or one row for each input.
 * https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_generate.html
 * @throws INVALID_JSON, INVALID_REQUEST
 */
export function decodeGenerate(body: Buffer): GenerateRequest {
  const { id, parameters, ...inputs } = objectAt('body', parseBody(body))
  const said = parameters === undefined ? {} : objectAt('parameters', parameters)
  return {
    context: {
      id: parseId('id', id),
      inferenceIds: parseIds('parameters.inference_ids', said['inference_ids']),
      at: parseEventTime('parameters.event_time', said['event_time']),
    },
    bind: (signature, rules) => bindNamed(signature, asRows(signature, inputs), rules),
  }
}

/** A plain list of an input that holds several values a row is one row. */
function asRows(signature: ModelSignature, inputs: JsonObject): JsonObject {
  const wide = new Set(
    signature.inputs
      .filter(({ shape }) => shape.length === 2 && shape[0] === -1 && shape[1] !== 1)
      .map(({ name }) => name),
  )
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) =>
      wide.has(name) && Array.isArray(value) && !Array.isArray(value[0])
        ? [name, [value]]
        : [name, value],
    ),
  )
}

/** An answer or a part of one: outputs by name, as a value where they hold one and as a flat list where they hold more. */
export function encodeGenerated(
  model: string,
  { id, version, signature, outputs }: PredictionAnswer,
): string {
  const fields = signature.outputs.map(({ name }) => {
    const tensor = outputs[name]!
    const list = renderJsonData(tensor)
    return `${JSON.stringify(name)}:${tensor.data.length === 1 ? list.slice(1, -1) : list}`
  })
  const head = [
    `"model_name":${JSON.stringify(model)}`,
    `"model_version":"${version}"`,
    `"id":${JSON.stringify(id)}`,
  ]
  return `{${[...head, ...fields].join()}}`
}
