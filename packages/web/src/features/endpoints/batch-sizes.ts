import type { EndpointView } from '@kaizen/contracts'

type Batching = EndpointView['arms'][number]['batching']

/** Requests that shared a run of the model, on average; null before the first. */
export const perRun = ({ requests, runs }: NonNullable<Batching>): number | null =>
  runs === 0 ? null : requests / runs

/** How many runs computed how many requests, in words. */
export function sizesOf(batching: Batching): string | undefined {
  if (!batching) return undefined
  const { runsBySize } = batching
  const lines = runsBySize.flatMap((runs, place) => {
    if (runs === 0) return []
    const last = place === runsBySize.length - 1
    const size =
      place < 2 ? `${place + 1}` : last ? `over ${2 ** (place - 1)}` : `up to ${2 ** place}`
    return [`${runs.toLocaleString('en-US')} of ${size}`]
  })
  return lines.length === 0 ? undefined : `Runs by requests in them: ${lines.join(', ')}`
}
