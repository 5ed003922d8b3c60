import type {
  PipelineDeclaration,
  PipelineRun,
  PipelineRunDetail,
  RunRecord,
  StepNode,
  StepRecord,
  StepState,
} from './model.ts'
import { dependenciesOf } from './rules.ts'
import type { StepCount } from './runs.store.ts'

const doneStates: ReadonlySet<StepState> = new Set([
  'cached',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
])

/** A run as the API shows it. */
export function viewOf(run: RunRecord, counts: readonly StepCount[]): PipelineRun {
  const own = counts.filter((count) => count.run === run.id)
  const sum = (wanted: (state: StepState) => boolean): number =>
    own.reduce((total, { state, count }) => total + (wanted(state) ? count : 0), 0)
  return {
    id: run.id,
    pipeline: run.pipeline,
    project: run.project,
    state: run.state,
    params: { ...run.params },
    trigger: run.trigger,
    trackingRunId: run.trackingRunId,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    steps: {
      total: sum(() => true),
      done: sum((state) => doneStates.has(state)),
      cached: sum((state) => state === 'cached'),
      failed: sum((state) => state === 'failed'),
    },
    error: run.error,
  }
}

export function detailOf(
  run: RunRecord,
  declaration: PipelineDeclaration,
  steps: readonly StepRecord[],
): PipelineRunDetail {
  const nodes = new Map(declaration.nodes.map((node) => [node.id, node]))
  const counts = steps.map(({ state }) => ({ run: run.id, state, count: 1 }))
  return {
    ...viewOf(run, counts),
    stepRuns: steps.map(({ run: _run, handle: _handle, ...step }) => ({
      ...step,
      outputs: { ...step.outputs },
      dependsOn: [...dependenciesOf(nodes.get(step.node) as StepNode)],
    })),
    outputs: { ...run.outputs },
  }
}
