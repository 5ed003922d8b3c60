import { isKaizenError } from '@kaizen/contracts'
import { type CopyContext, CopyReport } from './context.ts'
import { copyLoggedModel, copyRegisteredModel } from './copy-models.ts'
import { copyRun } from './copy-runs.ts'
import { listOf, type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'
import type { MlflowSource } from './source.ts'
import type { CopyTarget } from './target.ts'

/**
 * Copies experiments, runs, histories, artifacts, logged models and the registry from one server to another. What fails is
 * reported and the rest goes on; running it again copies what is missing.
 */
export async function copyMlflow(
  from: MlflowSource,
  to: CopyTarget,
  onProgress: CopyContext['onProgress'],
): Promise<CopyReport> {
  const report = new CopyReport()
  const context: CopyContext = { from, to, report, onProgress, runs: new Map(), models: new Map() }
  const experiments = from.pages('experiments', (page_token) =>
    from.send('experiments/search', { view_type: 'ALL', max_results: 1000, page_token }),
  )
  for await (const experiment of experiments) {
    const name = textOf(experiment['name'])
    await attempt(context, `experiment "${name}"`, () => copyExperiment(context, experiment))
  }
  const registered = from.pages('registered_models', (token) =>
    from.get('registered-models/search', { max_results: '100', page_token: token }),
  )
  for await (const model of registered) {
    await attempt(context, `registered model "${textOf(model['name'])}"`, () =>
      copyRegisteredModel(context, model),
    )
  }
  return report
}

async function attempt(
  { report, onProgress }: CopyContext,
  what: string,
  copy: () => Promise<void>,
): Promise<void> {
  onProgress(what)
  try {
    await copy()
  } catch (failure) {
    // Who cannot be reached is not reached by the rest either.
    if (isKaizenError(failure) && failure.message.includes('cannot be reached')) throw failure
    report.failures.push({ what, why: failure instanceof Error ? failure.message : 'unknown' })
  }
}

async function copyExperiment(context: CopyContext, experiment: Message): Promise<void> {
  const { from, to, report } = context
  const name = textOf(experiment['name'])
  const sourceId = textOf(experiment['experiment_id'])
  const { id, deleted } = await experimentAtTarget(to.endpoint, experiment)
  report.count('experiments')
  const wasDeleted = textOf(experiment['lifecycle_stage']) === 'deleted'
  if (deleted && wasDeleted) return
  const models = from.pages('models', (page_token) =>
    from.send('logged-models/search', { experiment_ids: [sourceId], max_results: 50, page_token }),
  )
  for await (const model of models) {
    const modelId = textOf(messageOf(model['info'])['model_id'])
    await attempt(context, `logged model ${modelId} of "${name}"`, () =>
      copyLoggedModel(context, model, id),
    )
  }
  const runs = from.pages('runs', (page_token) =>
    from.send('runs/search', {
      experiment_ids: [sourceId],
      run_view_type: 'ALL',
      order_by: ['attributes.start_time ASC'],
      max_results: 200,
      page_token,
    }),
  )
  for await (const found of runs) {
    const runId = textOf(messageOf(found['info'])['run_id'])
    await attempt(context, `run ${runId} of "${name}"`, async () => {
      // A search leaves out models that the run wrote.
      const run = messageOf((await from.get('runs/get', { run_id: runId }))['run'])
      await copyRun(context, run, id)
    })
  }
  if (wasDeleted) await to.endpoint.send('experiments/delete', { experiment_id: id })
}

async function experimentAtTarget(
  endpoint: MlflowEndpoint,
  experiment: Message,
): Promise<{ readonly id: string; readonly deleted: boolean }> {
  const name = textOf(experiment['name'])
  try {
    const found = await endpoint.get('experiments/get-by-name', { experiment_name: name })
    const { experiment_id, lifecycle_stage } = messageOf(found['experiment'])
    return { id: textOf(experiment_id), deleted: lifecycle_stage === 'deleted' }
  } catch (failure) {
    if (!isKaizenError(failure) || failure.code !== 'NOT_FOUND') throw failure
  }
  const made = await endpoint.send('experiments/create', {
    name,
    tags: listOf(experiment['tags']),
  })
  return { id: textOf(made['experiment_id']), deleted: false }
}
