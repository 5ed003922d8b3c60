import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isKaizenError } from '@kaizen/contracts'
import type { CopyContext } from './context.ts'
import { listOf, type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'
import { spanOfAnswer } from './otlp-span.ts'
import { proxyPathOf } from './target.ts'

const api = '/api/3.0/mlflow/traces'
const batchSize = 50
/** What tells where a server keeps the spans is that server's own. */
const ownTags = new Set(['mlflow.artifactLocation', 'mlflow.trace.spansLocation'])
const ownMetadata = new Set(['mlflow.trace.infoFinalized'])
const runKey = 'mlflow.sourceRun'

/** Copies the traces of an experiment under their ids, with spans and assessments; those that are there stay. */
export async function copyTraces(
  context: CopyContext,
  sourceId: string,
  experimentId: string,
): Promise<void> {
  const { from } = context
  const found = from.pages('traces', (page_token) =>
    from.send(`${api}/search`, {
      locations: [locationOf(sourceId)],
      max_results: 500,
      order_by: ['timestamp_ms ASC'],
      page_token,
    }),
  )
  let batch: Message[] = []
  for await (const info of found) {
    batch.push(info)
    if (batch.length < batchSize) continue
    await copyBatch(context, batch, experimentId)
    batch = []
  }
  if (batch.length > 0) await copyBatch(context, batch, experimentId)
}

const locationOf = (experimentId: string): Message => ({
  type: 'MLFLOW_EXPERIMENT',
  mlflow_experiment: { experiment_id: experimentId },
})

async function copyBatch(
  context: CopyContext,
  infos: readonly Message[],
  experimentId: string,
): Promise<void> {
  const { from, to, report } = context
  const wanted = infos.map((info) => infoAtTarget(context, info, experimentId))
  const { trace_infos } = await to.endpoint.send(`${api}/batchGetInfos`, {
    trace_ids: wanted.map((info) => info['trace_id']),
  })
  const known = new Map(listOf(trace_infos).map((info) => [textOf(info['trace_id']), info]))
  const missing = wanted.filter((info) => !isThere(info, known.get(textOf(info['trace_id']))))
  report.count('traces already there', wanted.length - missing.length)
  if (missing.length === 0) return
  const ids = new URLSearchParams(
    missing.map((info): [string, string] => ['trace_ids', textOf(info['trace_id'])]),
  )
  const answer = await from.send(`${api}/batchGet?${ids}`, undefined, 'GET')
  const spans = new Map(
    listOf(answer['traces']).map((trace) => [
      textOf(messageOf(trace['trace_info'])['trace_id']),
      listOf(trace['spans']),
    ]),
  )
  for (const info of missing) {
    const id = textOf(info['trace_id'])
    try {
      await copyTrace(context, info, { spans: spans.get(id) ?? [], known: known.get(id) })
    } catch (failure) {
      if (isKaizenError(failure) && failure.message.includes('cannot be reached')) throw failure
      const why = failure instanceof Error ? failure.message : 'unknown'
      report.failures.push({ what: `trace ${id}`, why })
    }
  }
}

/** The spans come before what is told of the whole trace, by which a trace that is complete is known. */
async function copyTrace(
  { from, to, report }: CopyContext,
  info: Message,
  { spans, known }: { readonly spans: readonly Message[]; readonly known: Message | undefined },
): Promise<void> {
  const id = textOf(info['trace_id'])
  const location = messageOf(info['trace_location'])
  const experimentId = textOf(messageOf(location['mlflow_experiment'])['experiment_id'])
  if (spans.length > 0) {
    const body = { resourceSpans: [{ scopeSpans: [{ spans: spans.map(spanOfAnswer) }] }] }
    await to.endpoint.send('/v1/traces', body, 'POST', { 'x-mlflow-experiment-id': experimentId })
    report.count('spans', spans.length)
  }
  const { assessments, ...apart } = info
  const told = to.takesAssessments ? info : apart
  const made = await to.endpoint.send(api, { trace: { trace_info: told } })
  if (!to.takesAssessments) {
    await copyAssessments(to.endpoint, listOf(assessments), listOf(known?.['assessments']))
  }
  if (spans.length === 0) {
    // Older clients keep the spans in a file.
    const here = messageOf(messageOf(made['trace'])['trace_info'])
    const place = textOf(messageOf(here['tags'])['mlflow.artifactLocation'])
    const aside = join(tmpdir(), `kaizen-copy-${randomUUID()}`)
    const query = new URLSearchParams({ request_id: id, path: 'traces.json' })
    const hasFile = await from
      .download(`/ajax-api/2.0/mlflow/get-trace-artifact?${query}`, aside)
      .then(
        () => true,
        () => false,
      )
    if (place && hasFile) await to.endpoint.upload(`${proxyPathOf(place)}/traces.json`, aside)
  }
  report.count('traces')
  report.count('assessments', listOf(info['assessments']).length)
}

const inOrder = (assessments: readonly Message[]): readonly Message[] =>
  assessments.toSorted((a, b) => textOf(a['create_time']).localeCompare(textOf(b['create_time'])))

/** Makes assessments one after the other; what one of them overrides is no longer valid then. */
async function copyAssessments(
  endpoint: MlflowEndpoint,
  assessments: readonly Message[],
  known: readonly Message[],
): Promise<void> {
  const there = inOrder(known)
  const ids = new Map<string, string>()
  for (const [index, { assessment_id, overrides, valid: _, ...rest }] of inOrder(
    assessments,
  ).entries()) {
    const overridden = ids.get(textOf(overrides))
    const made =
      there[index] ??
      messageOf(
        (
          await endpoint.send(`${api}/${textOf(rest['trace_id'])}/assessments`, {
            assessment: { ...rest, ...(overridden ? { overrides: overridden } : {}) },
          })
        )['assessment'],
      )
    ids.set(textOf(assessment_id), textOf(made['assessment_id']))
  }
}

function infoAtTarget({ runs }: CopyContext, info: Message, experimentId: string): Message {
  const metadata = Object.entries(messageOf(info['trace_metadata']))
    .filter(([key]) => !ownMetadata.has(key))
    .map(([key, value]) => [key, key === runKey ? (runs.get(textOf(value)) ?? value) : value])
  const tags = Object.entries(messageOf(info['tags'])).filter(([key]) => !ownTags.has(key))
  return {
    ...info,
    trace_location: locationOf(experimentId),
    trace_metadata: Object.fromEntries(metadata),
    tags: Object.fromEntries(tags),
  }
}

/** Whether all that was told of a trace is at the target. */
function isThere(wanted: Message, known: Message | undefined): boolean {
  if (known === undefined || known['state'] !== wanted['state']) return false
  const holds = (field: string): boolean => {
    const there = messageOf(known[field])
    return Object.entries(messageOf(wanted[field])).every(([key, value]) => there[key] === value)
  }
  const count = (info: Message): number => listOf(info['assessments']).length
  return holds('tags') && holds('trace_metadata') && count(known) >= count(wanted)
}
