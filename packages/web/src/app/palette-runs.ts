import { queryOptions } from '@tanstack/react-query'
import { readTracePage, type TraceInfo } from '../features/traces/wire.ts'
import { protocolRequest } from '../shared/api/protocol-request.ts'
import { trackingKey } from '../shared/live/live-rules.ts'
import { paths } from '../shared/paths.ts'
import type { Entry } from './palette-search.ts'

const shortest = 3
const mostRuns = 10
const mostTraces = 10
const mostExperiments = 1000

const ask = (path: string, body: unknown, signal: AbortSignal): Promise<unknown> =>
  protocolRequest(`/ajax-api/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal,
  })

interface Experiment {
  readonly experiment_id: string
  readonly name: string
}
interface Run {
  readonly info: { readonly run_id: string; readonly run_name?: string }
}

export const paletteExperiments = queryOptions({
  queryKey: [trackingKey, 'palette-experiments'],
  queryFn: async ({ signal }) => {
    const answer = await ask(
      '2.0/mlflow/experiments/search',
      { max_results: mostExperiments },
      signal,
    )
    return (answer as { readonly experiments?: readonly Experiment[] }).experiments ?? []
  },
})

/** What the server is asked for: runs whose names begin so; undefined for what is too short or an id. */
export const runFilter = (text: string): string | undefined =>
  beginsWith('attributes.run_name', text)
/** The same for traces. */
export const traceFilter = (text: string): string | undefined => beginsWith('attributes.name', text)

function beginsWith(field: string, text: string): string | undefined {
  // What would be a wildcard or end the quotes is left to the reader's eyes.
  const name = text.trim().replaceAll(/['"`%_\\]/g, '')
  return name.length < shortest || isRunId(name) || isTraceId(name)
    ? undefined
    : `${field} ILIKE '${name}%'`
}

const isTraceId = (text: string): boolean => /^tr-[0-9a-f]{32}$/.test(text)
const isRunId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text)

/** Runs by the beginning of their name, a few of them; an id leads to its run without asking. */
export const paletteRuns = (text: string, experiments: readonly Experiment[]) =>
  queryOptions({
    queryKey: [trackingKey, 'palette-runs', text, experiments.length],
    enabled: experiments.length > 0 && runFilter(text) !== undefined,
    queryFn: async ({ signal }) => {
      const body = {
        experiment_ids: experiments.map(({ experiment_id }) => experiment_id),
        filter: runFilter(text),
        max_results: mostRuns,
      }
      const answer = await ask('2.0/mlflow/runs/search', body, signal)
      return (answer as { readonly runs?: readonly Run[] }).runs ?? []
    },
  })

/** Traces by the beginning of their name, a few of the newest; an id leads to its trace without asking. */
export const paletteTraces = (text: string, experiments: readonly Experiment[]) =>
  queryOptions({
    queryKey: [trackingKey, 'palette-traces', text, experiments.length],
    enabled: experiments.length > 0 && traceFilter(text) !== undefined,
    queryFn: async ({ signal }) => {
      const body = {
        locations: experiments.map(({ experiment_id }) => ({
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id },
        })),
        filter: traceFilter(text),
        max_results: mostTraces,
      }
      return readTracePage(await ask('3.0/mlflow/traces/search', body, signal)).items
    },
  })

export const traceEntries = (text: string, traces: readonly TraceInfo[]): readonly Entry[] => {
  const id = text.trim()
  if (isTraceId(id)) return [traceEntry(id, id)]
  return traces.map((trace) => traceEntry(trace.name || trace.id, trace.id))
}

const traceEntry = (label: string, id: string): Entry => ({
  label,
  kind: 'Trace',
  icon: 'experiments',
  href: paths.trace(id),
})

export const experimentEntry = ({ experiment_id, name }: Experiment): Entry => ({
  label: name,
  kind: 'Experiment',
  icon: 'experiments',
  href: paths.experiment(experiment_id),
})

export const runEntries = (text: string, runs: readonly Run[]): readonly Entry[] => {
  const id = text.trim()
  const found = runs.map(({ info }) => runEntry(info.run_name || info.run_id, info.run_id))
  return isRunId(id) ? [runEntry(id, id)] : found
}

const runEntry = (label: string, id: string): Entry => ({
  label,
  kind: 'Run',
  icon: 'experiments',
  href: paths.run(id),
})
