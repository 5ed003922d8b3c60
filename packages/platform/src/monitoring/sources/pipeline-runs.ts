import type { PipelineService } from '../../pipelines/index.ts'
import type { TableColumn } from '../../storage/index.ts'
import type { LoggedPredictions, TimeSpan } from '../model.ts'
import type { RowSource } from './sources.ts'

type EndedRun = Awaited<ReturnType<PipelineService['endedRuns']>>[number]
type Cell = string | number | boolean
const column = {
  duration: 'duration',
  waited: 'waited',
  trigger: 'trigger',
  cached: 'cached-steps',
} as const

/** Runs of a pipeline as rows, by the time at which they ended; a run that failed is a row with an error. */
export class PipelineRuns implements RowSource {
  readonly #pipelines: Pick<PipelineService, 'endedRuns' | 'endedSpan'>

  constructor(pipelines: Pick<PipelineService, 'endedRuns' | 'endedSpan'>) {
    this.#pipelines = pipelines
  }

  async rows(pipeline: string, span: TimeSpan): Promise<LoggedPredictions> {
    return rowsOfRuns(await this.#pipelines.endedRuns(pipeline, span))
  }

  span(pipeline: string): Promise<TimeSpan | undefined> {
    return this.#pipelines.endedSpan(pipeline)
  }
}

/** A column for all that is known of some run; a run that does not know it misses it. */
export function rowsOfRuns(ended: readonly EndedRun[]): LoggedPredictions {
  const cells = ended.map(cellsOf)
  const names = [...new Set(cells.flatMap((row) => Object.keys(row)))].sort()
  const none = ended.map(() => null)
  return {
    at: Float64Array.from(ended, ({ run }) => run.endedAt ?? 0),
    version: new Float64Array(ended.length).fill(Number.NaN),
    latencyMs: Float64Array.from(ended, ({ run }) => durationMs(run) ?? Number.NaN),
    error: ended.map(({ run }) =>
      run.state === 'failed' ? (run.error?.message ?? 'failed') : null,
    ),
    inputs: {
      rowCount: ended.length,
      columns: names.map((name) =>
        columnOf(
          name,
          cells.map((row) => row[name] ?? null),
        ),
      ),
    },
    outputs: { rowCount: ended.length, columns: [] },
    actual: none,
  }
}

const durationMs = (run: EndedRun['run']): number | null =>
  run.startedAt === null || run.endedAt === null ? null : run.endedAt - run.startedAt

/** Seconds of the run and of each step that ran, numbers and labels that steps answered, and bytes of their files. */
function cellsOf({ run, steps }: EndedRun): Readonly<Record<string, Cell>> {
  const cells: Record<string, Cell> = { [column.trigger]: run.trigger }
  const took = durationMs(run)
  if (took !== null) cells[column.duration] = took / 1000
  if (run.startedAt !== null) cells[column.waited] = (run.startedAt - run.createdAt) / 1000
  cells[column.cached] = steps.filter(({ state }) => state === 'cached').length
  for (const { node, state, durationMs: stepMs, outputs } of steps) {
    if (stepMs !== null && state !== 'cached') cells[`${node}:seconds`] = stepMs / 1000
    for (const [output, { value, sizeBytes, kind }] of Object.entries(outputs)) {
      const name = `${node}.${output}`
      if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')
        cells[name] = value
      else if (sizeBytes !== null && kind !== 'value') cells[`${name}:bytes`] = sizeBytes
    }
  }
  return cells
}

function columnOf(name: string, values: readonly (Cell | null)[]): TableColumn {
  if (values.every((value) => value === null || typeof value === 'number')) {
    const numbers = Float64Array.from(values, (value) =>
      value === null ? Number.NaN : Number(value),
    )
    return { name, type: 'number', values: numbers }
  }
  return {
    name,
    type: 'string',
    values: values.map((value) => (value === null ? null : String(value))),
  }
}
