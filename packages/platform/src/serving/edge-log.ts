import { type EdgePrediction, KaizenError } from '@kaizen/contracts'
import { isDatatype, type Tensor, type Tensors } from '../runtime/index.ts'
import { redacted } from './limits/redaction.ts'
import type { PredictionLog } from './log/prediction-log.ts'
import type { PredictionEntry, TensorHead } from './log/record.ts'
import { Serial } from './serial.ts'
import { decodeJsonTensor, invalidTensor } from './wire/tensor-json.ts'

/** Clocks at the edge go wrong; what claims to come from later than this is refused. */
const mostAheadMs = 24 * 3_600_000

export interface EdgeUpload {
  readonly endpoint: string
  readonly log: PredictionLog
  readonly model: string
  readonly items: readonly EdgePrediction[]
  readonly now: number
  /** Inputs that the endpoint never writes down. */
  readonly redact: readonly string[]
}

/** Takes the logs of agents at the edge into the logs of endpoints: each answer once, however often it is sent. */
export class EdgeLog {
  // Two uploads of the same answers must not both find them unknown.
  readonly #turns = new Serial()

  /** @throws INVALID_TENSOR, INVALID_REQUEST; nothing is kept then */
  record(upload: EdgeUpload): Promise<{ readonly accepted: number; readonly known: number }> {
    const entries = upload.items.map((item, i) => entryOf(upload, item, i))
    return this.#turns.run(upload.endpoint, async () => {
      const found = await upload.log.find(entries.flatMap(({ ids }) => ids))
      const seen = new Set(found.keys())
      const fresh = entries.filter(({ ids }) => {
        if (ids.some((id) => seen.has(id))) return false
        for (const id of ids) seen.add(id)
        return true
      })
      await Promise.all(fresh.map((entry) => upload.log.append(entry)))
      return { accepted: fresh.length, known: entries.length - fresh.length }
    })
  }
}

function entryOf(
  { model, now, redact }: EdgeUpload,
  item: EdgePrediction,
  index: number,
): PredictionEntry {
  const where = `items[${index}]`
  if (item.at > now + mostAheadMs) {
    throw new KaizenError('INVALID_REQUEST', `${where}.at lies in the future`, {
      hint: 'Set the clock of the agent; event times are milliseconds since 1970.',
    })
  }
  const inputs = tensorsOf(`${where}.inputs`, item.inputs)
  const outputs = tensorsOf(`${where}.outputs`, item.outputs)
  checkRows(where, item.ids, [...Object.values(inputs), ...Object.values(outputs)])
  return {
    schema: {
      arm: 'edge',
      mode: 'live',
      model,
      version: item.version,
      inputs: headsOf(inputs),
      outputs: headsOf(outputs),
    },
    ids: item.ids,
    at: item.at,
    latencyMs: item.latencyMs,
    inputs: redact.length > 0 ? redacted(inputs, new Set(redact), rowsOf(inputs)) : inputs,
    answer: { outputs },
  }
}

/** One id for the request as a whole, or one for each row of its tensors. */
function checkRows(where: string, ids: readonly string[], tensors: readonly Tensor[]): void {
  if (new Set(ids).size !== ids.length)
    throw invalidTensor(`${where}.ids`, 'an id stands there twice')
  if (ids.length === 1) return
  if (tensors.every(({ shape }) => shape[0] === ids.length)) return
  throw invalidTensor(`${where}.ids`, `there are ${ids.length} ids, and tensors of another length`)
}

function tensorsOf(where: string, tensors: EdgePrediction['inputs']): Tensors {
  const found: Record<string, Tensor> = {}
  for (const { name, datatype, shape, data } of tensors) {
    if (!isDatatype(datatype))
      throw invalidTensor(`${where}.${name}`, `unknown datatype ${datatype}`)
    if (Object.hasOwn(found, name)) throw invalidTensor(`${where}.${name}`, 'it stands there twice')
    found[name] = decodeJsonTensor(`${where}.${name}`, { datatype, shape }, data)
  }
  return found
}

const rowsOf = (tensors: Tensors): number =>
  Math.max(0, ...Object.values(tensors).map(({ shape }) => shape[0] ?? 1))

const headsOf = (tensors: Tensors): readonly TensorHead[] =>
  Object.entries(tensors).map(([name, { datatype }]) => ({ name, datatype }))
