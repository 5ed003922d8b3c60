import { queryOptions } from '@tanstack/react-query'
import { protocolRequest } from '../shared/api/protocol-request.ts'
import { trackingKey } from '../shared/live/live-rules.ts'
import { paths } from '../shared/paths.ts'
import type { Entry } from './palette-search.ts'

const shortest = 3
const mostRuns = 10
const mostExperiments = 1000

const ask = (path: string, body: unknown, signal: AbortSignal): Promise<unknown> =>
  protocolRequest(`/ajax-api/2.0/mlflow/${path}`, {
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
    const answer = await ask('experiments/search', { max_results: mostExperiments }, signal)
    return (answer as { readonly experiments?: readonly Experiment[] }).experiments ?? []
  },
})

/** What the server is asked for: runs whose names begin so; undefined for what is too short or an id. */
export function runFilter(text: string): string | undefined {
  // What would be a wildcard or end the quotes is left to the reader's eyes.
  const name = text.trim().replaceAll(/['"`%_\\]/g, '')
  return name.length < shortest || isRunId(name)
    ? undefined
    : `attributes.run_name ILIKE '${name}%'`
}

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
      const answer = await ask('runs/search', body, signal)
      return (answer as { readonly runs?: readonly Run[] }).runs ?? []
    },
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
