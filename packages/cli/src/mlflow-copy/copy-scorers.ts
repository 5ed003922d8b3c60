import { isKaizenError } from '@kaizen/contracts'
import type { CopyContext } from './context.ts'
import { listOf, type Message, textOf } from './endpoint.ts'

const api = '/api/3.0/mlflow/scorers'
const byVersion = (a: Message, b: Message): number =>
  Number(a['scorer_version']) - Number(b['scorer_version'])

type Asked = Readonly<{ send: CopyContext['from']['send'] }>

/** Versions of a scorer, the oldest first; none where there is no such scorer. */
async function versionsOf(at: Asked, experimentId: string, name: string): Promise<Message[]> {
  const query = new URLSearchParams({ experiment_id: experimentId, name })
  try {
    const found = await at.send(`${api}/versions?${query}`, undefined, 'GET')
    return listOf(found['scorers']).toSorted(byVersion)
  } catch (failure) {
    if (isKaizenError(failure) && failure.details?.['status'] === 404) return []
    throw failure
  }
}

/** Copies the scorers of an experiment with their versions under their numbers; what is there already stays. */
export async function copyScorers(
  { from, to, report }: CopyContext,
  sourceId: string,
  experimentId: string,
): Promise<void> {
  const { endpoint } = to
  const query = new URLSearchParams({ experiment_id: sourceId })
  const listed = await from.send(`${api}/list?${query}`, undefined, 'GET')
  for (const scorer of listOf(listed['scorers'])) {
    const name = textOf(scorer['scorer_name'])
    const there = await versionsOf(endpoint, experimentId, name)
    let next = Number(there.at(-1)?.['scorer_version'] ?? 0) + 1
    if (there.length > 0) report.count('scorers already there')
    else report.count('scorers')
    const unused: number[] = []
    for (const version of await versionsOf(from, sourceId, name)) {
      const number = Number(version['scorer_version'])
      if (number < next) continue
      const { serialized_scorer } = version
      const made = { experiment_id: experimentId, name, serialized_scorer }
      for (; next <= number; next++) {
        // Numbers of versions that were deleted stay unused here too.
        if (next < number) unused.push(next)
        await endpoint.send(`${api}/register`, made)
      }
      report.count('versions of scorers')
    }
    for (const version of unused) {
      await endpoint.send(`${api}/delete`, { experiment_id: experimentId, name, version }, 'DELETE')
    }
  }
}
