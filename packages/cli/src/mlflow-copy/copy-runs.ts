import type { CopyContext } from './context.ts'
import { copyArtifacts, listRunFiles, runFiles } from './copy-artifacts.ts'
import { listOf, type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'

const pairsPerBatch = 100
const metricsPerBatch = 1000

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )

/** Copies a run with all it logged. What is there already stays as it is: points, parameters and files are equal. */
export async function copyRun(
  { from, to, report, runs, models }: CopyContext,
  run: Message,
  experimentId: string,
): Promise<void> {
  const [info, data, inputs] = [run['info'], run['data'], run['inputs']].map(messageOf) as [
    Message,
    Message,
    Message,
  ]
  const runId = textOf(info['run_id'])
  const [tags, params] = [listOf(data['tags']), listOf(data['params'])]
  const copied = await to.run({
    runId,
    experimentId,
    name: textOf(info['run_name']),
    userId: textOf(info['user_id']),
    startTime: Number(info['start_time'] ?? 0),
    tags,
  })
  runs.set(runId, copied.id)
  report.count(copied.created ? 'runs' : 'runs already there')
  const target = to.endpoint
  // Deleted runs take nothing: what they lack is logged before they are deleted again.
  const deleted = textOf(info['lifecycle_stage']) === 'deleted'
  if (!copied.created && deleted) return
  const log = (batch: Readonly<Record<string, unknown>>) =>
    target.send('runs/log-batch', { run_id: copied.id, ...batch })
  for (const part of chunks(params, pairsPerBatch)) await log({ params: part })
  for (const part of chunks(tags, pairsPerBatch)) await log({ tags: part })
  for (const metric of listOf(data['metrics'])) {
    const key = textOf(metric['key'])
    const points = from.pages('metrics', (token) =>
      from.get('metrics/get-history', {
        run_id: runId,
        metric_key: key,
        max_results: '25000',
        page_token: token,
      }),
    )
    const history = (await Array.fromAsync(points)).map(({ value, timestamp, step }) => ({
      key,
      value,
      timestamp,
      step: step ?? 0,
    }))
    for (const part of chunks(history, metricsPerBatch)) await log({ metrics: part })
    report.count('metric points', history.length)
  }
  const datasets = listOf(inputs['dataset_inputs'])
  if (datasets.length > 0) await target.send('runs/log-inputs', { run_id: copied.id, datasets })
  // MLflow refuses an output that it has.
  const there = copied.created ? new Set<string>() : await outputsAt(target, copied.id)
  const outputs = listOf(messageOf(run['outputs'])['model_outputs']).flatMap((output) => {
    const model_id = models.get(textOf(output['model_id']))
    return model_id && !there.has(model_id) ? [{ model_id, step: output['step'] ?? 0 }] : []
  })
  if (outputs.length > 0) await target.send('runs/outputs', { run_id: copied.id, models: outputs })
  const files = await copyArtifacts(from, runFiles(from, runId), {
    endpoint: target,
    artifactUri: copied.artifactUri,
    list: listRunFiles(target, copied.id),
  })
  report.count('artifacts', files.files)
  report.count('bytes', files.sizeBytes)
  await target.send('runs/update', {
    run_id: copied.id,
    status: info['status'],
    ...(info['end_time'] ? { end_time: info['end_time'] } : {}),
  })
  if (deleted) await target.send('runs/delete', { run_id: copied.id })
}

/** The models that a run of the target is known to have written. */
async function outputsAt(target: MlflowEndpoint, runId: string): Promise<ReadonlySet<string>> {
  const run = messageOf((await target.get('runs/get', { run_id: runId }))['run'])
  const outputs = listOf(messageOf(run['outputs'])['model_outputs'])
  return new Set(outputs.map((output) => textOf(output['model_id'])))
}
