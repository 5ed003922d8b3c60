import { defaultWorkspace } from '../../kernel/index.ts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { EvaluationTables } from '../evaluation/evaluation-schema.store.ts'
import type { TrackingTables } from '../tables.ts'
import { findExperimentByName } from './experiments.store.ts'

export async function experimentsOf(
  reader: Reader,
  workspace: string,
): Promise<readonly Pick<TrackingTables['experiment'], 'number' | 'name' | 'lifecycle'>[]> {
  return tables<TrackingTables>(reader)
    .selectFrom('experiment')
    .select(['number', 'name', 'lifecycle'])
    .where('workspace', '=', workspace)
    .orderBy('number')
    .execute()
}

export async function workspaceOfExperiment(
  reader: Reader,
  number: number,
): Promise<string | undefined> {
  const row = await tables<TrackingTables>(reader)
    .selectFrom('experiment')
    .select('workspace')
    .where('number', '=', number)
    .executeTakeFirst()
  return row?.workspace
}

export const isNameTaken = async (reader: Reader, name: string): Promise<boolean> =>
  (await findExperimentByName(reader, name, defaultWorkspace)) !== undefined

/** To the default workspace. */
export async function moveExperiment(tx: Tx, number: number, name: string): Promise<void> {
  await tables<TrackingTables>(tx)
    .updateTable('experiment')
    .set({ workspace: defaultWorkspace, name })
    .where('number', '=', number)
    .execute()
}

export async function datasetsOf(reader: Reader, workspace: string): Promise<readonly string[]> {
  const rows = await tables<EvaluationTables>(reader)
    .selectFrom('evaluation_dataset')
    .select('id')
    .where('workspace', '=', workspace)
    .execute()
  return rows.map(({ id }) => id)
}

export async function workspaceOfDataset(reader: Reader, id: string): Promise<string | undefined> {
  const row = await tables<EvaluationTables>(reader)
    .selectFrom('evaluation_dataset')
    .select('workspace')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.workspace
}

export async function moveDatasets(tx: Tx, workspace: string): Promise<void> {
  await tables<EvaluationTables>(tx)
    .updateTable('evaluation_dataset')
    .set({ workspace: defaultWorkspace })
    .where('workspace', '=', workspace)
    .execute()
}
