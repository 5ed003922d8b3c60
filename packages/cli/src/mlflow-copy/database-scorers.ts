import type { DatabaseReader } from './database-reader.ts'
import type { Message } from './endpoint.ts'

/** The scorers of an experiment, by name alone. */
export async function readScorers(reader: DatabaseReader, experimentId: string): Promise<Message> {
  if ((await reader.columns('scorers')).size === 0) return {}
  const scorers = await reader.all(
    'SELECT scorer_name FROM scorers WHERE experiment_id = ? ORDER BY scorer_name',
    [Number(experimentId)],
  )
  return { scorers }
}

/** All versions of one of them. */
export async function readScorerVersions(
  reader: DatabaseReader,
  experimentId: string,
  name: string,
): Promise<Message> {
  const scorers = await reader.all(
    `SELECT scorer_version, serialized_scorer FROM scorer_versions
     WHERE scorer_id = (SELECT scorer_id FROM scorers WHERE experiment_id = ? AND scorer_name = ?)
     ORDER BY scorer_version`,
    [Number(experimentId), name],
  )
  return { scorers }
}
