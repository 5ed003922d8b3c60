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
    return [`${runs.toLocaleString('en-US')} of ${sizeAt(place, runsBySize.length)}`]
  })
  return lines.length === 0 ? undefined : `Runs by requests in them: ${lines.join(', ')}`
}

/** How many requests runs at a place of `runsBySize` had. */
export function sizeAt(place: number, places: number): string {
  if (place < 2) return `${place + 1}`
  if (place === places - 1) return `over ${2 ** (place - 1)}`
  return `${2 ** (place - 1) + 1}–${2 ** place}`
}
