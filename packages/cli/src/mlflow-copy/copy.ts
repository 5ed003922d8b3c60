import { isKaizenError } from '@kaizen/contracts'
import type { CopiedAccess } from './access.ts'
import { type CopyContext, CopyReport } from './context.ts'
import { copyAccess } from './copy-access.ts'
import { copyEvaluationDataset } from './copy-datasets.ts'
import { copyLoggedModel, copyRegisteredModel, isPrompt } from './copy-models.ts'
import { copyRun } from './copy-runs.ts'
import { copyScorers } from './copy-scorers.ts'
import { copyTraces } from './copy-traces.ts'
import { copyWebhooks } from './copy-webhooks.ts'
import { listOf, type Message, type MlflowEndpoint, messageOf, textOf } from './endpoint.ts'
import type { MlflowSource } from './source.ts'
import type { CopyTarget } from './target.ts'

export interface CopyOptions {
  readonly onProgress: CopyContext['onProgress']
  /** Users and permissions of the source; nothing where they lie elsewhere. */
  readonly access: () => Promise<CopiedAccess | undefined>
}

/**
 * Copies experiments, runs, histories, artifacts, logged models, traces, evaluation data sets, the registry, users with
 * their permissions and webhooks from one server to another. What fails is
 * reported and the rest goes on; running it again copies what is missing.
 */
export async function copyMlflow(
  from: MlflowSource,
  to: CopyTarget,
  { onProgress, access }: CopyOptions,
): Promise<CopyReport> {
  const report = new CopyReport()
  const names = { experiments: new Map(), runs: new Map(), models: new Map() }
  const measured: CopyContext['measured'] = new Map()
  const context: CopyContext = { from, to, report, onProgress, ...names, measured }
  const ids = new Map<string, string>()
  const begun: BegunExperiment[] = []
  const experiments = from.pages('experiments', (page_token) =>
    from.send('experiments/search', { view_type: 'ALL', max_results: 1000, page_token }),
  )
  for await (const experiment of experiments) {
    const name = textOf(experiment['name'])
    await attempt(context, `experiment "${name}"`, async () => {
      const started = await beginExperiment(context, experiment)
      if (!started) return
      ids.set(started.sourceId, started.id)
      begun.push(started)
    })
  }
  // Runs come when all models are there: they name models of any experiment.
  for (const experiment of begun) {
    await attempt(context, `experiment "${experiment.name}"`, () =>
      copyContents(context, experiment),
    )
  }
  await copyRegistry(context)
  await ifOffered(context, 'evaluation data sets', async () => {
    const datasets = from.pages('datasets', (page_token) =>
      from.send('/api/3.0/mlflow/datasets/search', { max_results: 100, page_token }),
    )
    for await (const dataset of datasets) {
      await attempt(context, `evaluation data set "${textOf(dataset['name'])}"`, () =>
        copyEvaluationDataset(context, dataset, ids),
      )
    }
  })
  await copyUsersAndWebhooks(context, access)
  return report
}

/** Who may do what, and who is told of it. Servers that let everybody do everything have no users. */
async function copyUsersAndWebhooks(
  context: CopyContext,
  access: CopyOptions['access'],
): Promise<void> {
  const each = (what: string, copy: () => Promise<void>) => attempt(context, what, copy)
  await attempt(context, 'users and permissions', () =>
    ifOffered(context, 'users and permissions', async () => {
      const found = await access()
      if (found) return copyAccess(context, found, each)
      const why = 'this store names none: give the database of basic-auth (--auth-database)'
      context.report.notes.push({ what: 'users and permissions', why })
    }),
  )
  await attempt(context, 'webhooks', () =>
    ifOffered(context, 'webhooks', () => copyWebhooks(context, each)),
  )
}

/** Models, then prompts, which searches hide unless they ask for them. */
async function copyRegistry(context: CopyContext): Promise<void> {
  const { from } = context
  for (const prompts of [false, true]) {
    const registered = from.pages('registered_models', (token) =>
      from.get('registered-models/search', {
        max_results: '100',
        page_token: token,
        ...(prompts ? { filter: isPrompt } : {}),
      }),
    )
    for await (const model of registered) {
      await attempt(context, `registered model "${textOf(model['name'])}"`, () =>
        copyRegisteredModel(context, model),
      )
    }
  }
}

/** Servers of MLflow 2 have no traces of version 3, no evaluation data sets and no webhooks; users only basic-auth has. */
async function ifOffered(
  { report }: CopyContext,
  what: string,
  copy: () => Promise<void>,
): Promise<void> {
  try {
    await copy()
  } catch (failure) {
    if (!isKaizenError(failure) || failure.details?.['status'] !== 404) throw failure
    report.notes.push({ what, why: `not offered by the server: ${failure.message.slice(0, 200)}` })
  }
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

interface BegunExperiment {
  readonly name: string
  readonly sourceId: string
  /** What it is called at the target. */
  readonly id: string
  readonly wasDeleted: boolean
}

/** Makes an experiment with its logged models; nothing where it is left as it is. */
async function beginExperiment(
  context: CopyContext,
  experiment: Message,
): Promise<BegunExperiment | undefined> {
  const { from, to, report } = context
  const name = textOf(experiment['name'])
  const sourceId = textOf(experiment['experiment_id'])
  const { id, deleted } = await experimentAtTarget(to.endpoint, experiment)
  report.count('experiments')
  context.experiments.set(sourceId, id)
  const wasDeleted = textOf(experiment['lifecycle_stage']) === 'deleted'
  if (deleted && wasDeleted) return undefined
  const models = from.pages('models', (page_token) =>
    from.send('logged-models/search', { experiment_ids: [sourceId], max_results: 50, page_token }),
  )
  for await (const model of models) {
    const modelId = textOf(messageOf(model['info'])['model_id'])
    await attempt(context, `logged model ${modelId} of "${name}"`, () =>
      copyLoggedModel(context, model, id),
    )
  }
  return { name, sourceId, id, wasDeleted }
}

async function copyContents(
  context: CopyContext,
  { name, sourceId, id, wasDeleted }: BegunExperiment,
): Promise<void> {
  const { from, to } = context
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
  await ifOffered(context, 'traces', () => copyTraces(context, sourceId, id))
  await ifOffered(context, 'scorers', () => copyScorers(context, sourceId, id)).catch((failure) => {
    // A server of MLflow tells no scorers of an experiment that is deleted.
    if (!wasDeleted || !isKaizenError(failure) || failure.details?.['status'] !== 400) throw failure
  })
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
