import type { JsonValue, RunRecipe } from '@kaizen/contracts'
import type { RunDetail } from '../tracking/index.ts'
import type { PipelineRevision, RunRecord, StepRecord } from './model.ts'

const pairs = (items: RunDetail['params']): Record<string, string> =>
  Object.fromEntries(items.map(({ key, value }) => [key, value]))

const common = ({ run, params }: RunDetail) => ({
  runId: run.runId,
  name: run.name,
  experimentId: run.experimentId,
  params: pairs(params),
})

/** What made a run of a pipeline: all of it is on record, but for files that are gone. */
export function pipelineRecipe(known: {
  readonly detail: RunDetail
  readonly run: RunRecord
  readonly revision: PipelineRevision
  readonly steps: readonly StepRecord[]
  readonly diff: string | null
  readonly missing: readonly string[]
}): RunRecipe {
  const { detail, run, revision, steps } = known
  const { source } = run
  const datasets = new Map<string, RunRecipe['datasets'][number]>()
  const environment: Record<string, JsonValue> = {}
  for (const { lineage } of steps) {
    Object.assign(environment, lineage?.environment)
    for (const { dataset, version, digest } of lineage?.datasets ?? []) {
      datasets.set(`${dataset} ${version}`, { dataset, version, digest })
    }
  }
  const omits = source?.diffOmits ?? []
  return {
    ...common(detail),
    pipelineRun: run.id,
    pipeline: run.pipeline,
    code: {
      commit: source?.commit ?? null,
      branch: source?.branch ?? null,
      dirty: source?.dirty ?? null,
      name: source?.name ?? null,
      diff: known.diff,
      diffOmits: [...omits],
      bundle: { digest: revision.bundle.digest, files: [...revision.bundle.files] },
    },
    datasets: [...datasets.values()],
    seed: run.seed,
    environment,
    missing: [
      ...(source === null ? ['the project was applied outside of git: no commit is known'] : []),
      ...omits.map((name) => `what had changed in ${name} was not recorded`),
      ...known.missing,
    ],
  }
}

/** What a client told of its run: more is not known. */
export function clientRecipe(detail: RunDetail): RunRecipe {
  const tags = pairs(detail.tags)
  const commit = tags['mlflow.source.git.commit'] ?? null
  const dirty = tags['mlflow.source.git.dirty']
  const diff = tags['mlflow.source.git.diff'] || null
  return {
    ...common(detail),
    pipelineRun: null,
    pipeline: null,
    code: {
      commit,
      branch: tags['mlflow.source.git.branch'] ?? null,
      dirty: dirty === undefined ? null : dirty.toLowerCase() === 'true',
      name: tags['mlflow.source.name'] ?? null,
      diff,
      diffOmits: [],
      bundle: null,
    },
    datasets: detail.datasetInputs.map(({ name, digest }) => ({
      dataset: name,
      version: null,
      digest,
    })),
    seed: seedOf(pairs(detail.params)),
    environment: {},
    missing: [
      ...(commit === null ? ['no git commit was logged'] : []),
      ...(dirty?.toLowerCase() === 'true' && diff === null
        ? ['the working tree was changed, and the changes were not logged']
        : []),
      ...(dirty === undefined && commit !== null
        ? ['whether the working tree was changed was not logged']
        : []),
      'the command that ran it was not logged with its arguments',
      'the environment is known only from requirements files among its artifacts',
      ...(detail.datasetInputs.length === 0 ? ['no data set was logged as an input'] : []),
    ],
  }
}

const seedNames = ['seed', 'random_state', 'random_seed']

function seedOf(params: Readonly<Record<string, string>>): number | null {
  for (const name of seedNames) {
    const value = params[name]
    if (value !== undefined && /^\d{1,15}$/.test(value)) return Number(value)
  }
  return null
}
