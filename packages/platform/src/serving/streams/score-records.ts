import { isKaizenError } from '@kaizen/contracts'
import { type Actor, systemActor } from '../../kernel/index.ts'
import type { PredictionAnswer, PredictionCall } from '../endpoints/live-endpoint.ts'
import { decodeScoring, encodeRows } from '../wire/invocations.ts'
import type { OutputRecord, Scored, SetAside, TopicRecord } from './model.ts'
import { answerId, problemOf } from './rules.ts'

export interface Scorer {
  readonly streamId: string
  readonly predict: (call: PredictionCall) => Promise<PredictionAnswer>
}

const actor: Actor = systemActor
const poison: ReadonlySet<string> = new Set(['invalid', 'too_large', 'unsupported'])

/**
 * Puts records to an endpoint, all at once where they fit it and one by one where one of them does not; those that never
 * will are set aside with the reason. @throws what may pass: the endpoint is overloaded, its model is not there
 */
export async function scoreRecords(
  scorer: Scorer,
  records: readonly TopicRecord[],
): Promise<Scored> {
  const setAside: SetAside[] = []
  const rows: TopicRecord[] = []
  for (const record of records) {
    const reason = problemOf(record)
    if (reason === undefined) rows.push(record)
    else setAside.push({ record, reason })
  }
  if (rows.length === 0) return { outputs: [], setAside }
  try {
    return { outputs: await answered(scorer, rows), setAside }
  } catch (failure) {
    if (!isPoison(failure)) throw failure
  }
  const outputs: OutputRecord[] = []
  for (const record of rows) {
    try {
      outputs.push(...(await answered(scorer, [record])))
    } catch (failure) {
      if (!isPoison(failure)) throw failure
      setAside.push({ record, reason: (failure as Error).message })
    }
  }
  setAside.sort((a, b) => a.record.position - b.record.position)
  return { outputs, setAside }
}

const isPoison = (failure: unknown): boolean => isKaizenError(failure) && poison.has(failure.kind)

async function answered(
  { streamId, predict }: Scorer,
  records: readonly TopicRecord[],
): Promise<readonly OutputRecord[]> {
  const ids = records.map((record) => answerId(streamId, record))
  const context = { inference_ids: ids, event_time: records.map(({ at }) => at) }
  // The text of each record as it came, so that long integers stay exact.
  const rows = records.map(({ value }) => value).join()
  const body = `{"dataframe_records":[${rows}],"kaizen":${JSON.stringify(context)}}`
  const { context: named, bind } = decodeScoring(Buffer.from(body), { kind: 'json' })
  const answer = await predict({ context: named, bind, caller: { actor, address: streamId } })
  const by = JSON.stringify({
    model: answer.model,
    version: answer.version,
    arm: answer.arm,
  }).slice(1, -1)
  return encodeRows(answer).map((prediction, i) => {
    const { partition, position, key } = records[i]!
    const id = JSON.stringify(ids[i])
    const value = `{"inference_id":${id},"prediction":${prediction},${by},"input":{"partition":${partition},"position":${position}}}`
    return { id: ids[i]!, key, value }
  })
}
