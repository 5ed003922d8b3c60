import { type Reader, type Tx, tables } from '../storage/index.ts'

interface FormerNameTables {
  registered_model_former_name: { name: string; model_number: number; renamed_at: number }
}

/** Keeps what a model was called, for routes that name it so. */
export async function putFormerName(
  tx: Tx,
  name: string,
  { modelNumber, now }: { readonly modelNumber: number; readonly now: number },
): Promise<void> {
  await tables<FormerNameTables>(tx)
    .insertInto('registered_model_former_name')
    .values({ name, model_number: modelNumber, renamed_at: now })
    .onConflict((conflict) =>
      conflict.columns(['name', 'model_number']).doUpdateSet({ renamed_at: now }),
    )
    .execute()
}

/** Models that were called so, the latest first. */
export async function formerlyNamed(reader: Reader, name: string): Promise<readonly number[]> {
  const rows = await tables<FormerNameTables>(reader)
    .selectFrom('registered_model_former_name')
    .select('model_number')
    .where('name', '=', name)
    .orderBy('renamed_at', 'desc')
    .orderBy('model_number', 'desc')
    .execute()
  return rows.map((row) => row.model_number)
}

/** The former names of a model go with it. */
export async function deleteFormerNames(tx: Tx, modelNumber: number): Promise<void> {
  await tables<FormerNameTables>(tx)
    .deleteFrom('registered_model_former_name')
    .where('model_number', '=', modelNumber)
    .execute()
}
