import type { CopyContext } from './context.ts'
import { copyArtifacts, listRunFiles, runFiles } from './copy-artifacts.ts'
import { listOf, type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'
import type { Copied } from './target.ts'

const pairsPerBatch = 100
const metricsPerBatch = 1000

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )

/** What a copy of a run is told of logged models: which it took and wrote, and which of its points speak of them. */
async function copyModelLinks(
  { to, report, models, measured }: CopyContext,
  run: Message,
  copied: Copied,
): Promise<void> {
  const { endpoint } = to
  const run_id = copied.id
  // MLflow refuses a link that it has.
  const there = copied.created ? noLinks : await linksAt(endpoint, run_id)
  const known = (links: unknown, linked: ReadonlySet<string>) =>
    listOf(links).flatMap((link) => {
      const model_id = models.get(textOf(link['model_id']))
      return model_id && !linked.has(model_id) ? [{ model_id, step: link['step'] ?? 0 }] : []
    })
  const outputs = known(messageOf(run['outputs'])['model_outputs'], there.outputs)
  if (outputs.length > 0) await endpoint.send('runs/outputs', { run_id, models: outputs })
  const inputs = known(messageOf(run['inputs'])['model_inputs'], there.inputs)
  if (inputs.length > 0) {
    const taken = inputs.map(({ model_id }) => ({ model_id }))
    await endpoint.send('runs/log-inputs', { run_id, models: taken })
    report.count('models that runs took', inputs.length)
  }
  const points = (measured.get(textOf(messageOf(run['info'])['run_id'])) ?? []).flatMap(
    ({ key, value, timestamp, step, model_id, dataset_name, dataset_digest }) => {
      const model = models.get(textOf(model_id))
      const dataset = dataset_name ? { dataset_name, dataset_digest } : {}
      return model ? [{ key, value, timestamp, step: step ?? 0, model_id: model, ...dataset }] : []
    },
  )
  for (const part of chunks(points, metricsPerBatch))
    await endpoint.send('runs/log-batch', { run_id, metrics: part })
  if (copied.created) report.count('metric points of logged models', points.length)
}

/** Copies a run with all it logged. What is there already stays as it is: points, parameters and files are equal. */
export async function copyRun(
  context: CopyContext,
  run: Message,
  experimentId: string,
): Promise<void> {
  const { from, to, report, runs } = context
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
  await copyModelLinks(context, run, copied)
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

interface ModelLinks {
  readonly inputs: ReadonlySet<string>
  readonly outputs: ReadonlySet<string>
}
const noLinks: ModelLinks = { inputs: new Set(), outputs: new Set() }

/** The models that a run of the target is known to have taken and written. */
async function linksAt(target: MlflowEndpoint, runId: string): Promise<ModelLinks> {
  const run = messageOf((await target.get('runs/get', { run_id: runId }))['run'])
  const idsOf = (links: unknown) => new Set(listOf(links).map((link) => textOf(link['model_id'])))
  return {
    inputs: idsOf(messageOf(run['inputs'])['model_inputs']),
    outputs: idsOf(messageOf(run['outputs'])['model_outputs']),
  }
}
