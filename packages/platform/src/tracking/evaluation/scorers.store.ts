import { sql } from 'kysely'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { EvaluationTables } from './evaluation-schema.store.ts'

export type ScorerRow = EvaluationTables['scorer_version']

export async function insertScorer(tx: Tx, row: ScorerRow): Promise<void> {
  await tables<EvaluationTables>(tx).insertInto('scorer_version').values(row).execute()
}

/** Versions of a scorer, the oldest first. */
export async function readScorer(
  reader: Reader,
  experimentNumber: number,
  name: string,
): Promise<readonly ScorerRow[]> {
  return tables<EvaluationTables>(reader)
    .selectFrom('scorer_version')
    .selectAll()
    .where('experiment_number', '=', experimentNumber)
    .where('name', '=', name)
    .orderBy('version')
    .execute()
}

/** The newest version of each scorer of experiments; of all experiments that are active when none is named. */
export async function newestScorers(
  reader: Reader,
  experimentNumbers: readonly number[] | undefined,
  limit: number,
): Promise<readonly ScorerRow[]> {
  const newest = sql<boolean>`not exists (select 1 from scorer_version as n
    where n.experiment_number = scorer_version.experiment_number and n.name = scorer_version.name
      and n.version > scorer_version.version)`
  const query = tables<EvaluationTables>(reader)
    .selectFrom('scorer_version')
    .selectAll()
    .where(newest)
    .orderBy('experiment_number')
    .orderBy('name')
    .limit(limit)
  return experimentNumbers
    ? query.where('experiment_number', 'in', [...experimentNumbers]).execute()
    : query
        .where(
          sql<boolean>`exists (select 1 from experiment as e
            where e.number = scorer_version.experiment_number and e.lifecycle = 'active')`,
        )
        .execute()
}

/** Deletes one version, or all; answers how many. */
export async function deleteScorer(
  tx: Tx,
  experimentNumber: number,
  name: string,
  version: number | undefined,
): Promise<number> {
  const query = tables<EvaluationTables>(tx)
    .deleteFrom('scorer_version')
    .where('experiment_number', '=', experimentNumber)
    .where('name', '=', name)
  const { numDeletedRows } = await (version === undefined
    ? query
    : query.where('version', '=', version)
  ).executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
