import { badArgument, textArg } from './arguments.ts'
import type { Arguments, RowSource } from './check.ts'

/** Dataset and version of an argument that names another table. */
export async function otherRelation(rows: RowSource, args: Arguments): Promise<string> {
  const version = args['other_version']
  if (version !== undefined && !(Number.isSafeInteger(version) && Number(version) > 0))
    throw badArgument(`other_version is ${String(version)}`, 'Give the number of a version.')
  return rows.other(
    textArg(args, 'other_table_name'),
    version === undefined ? undefined : Number(version),
  )
}

/** Rows of a relation. */
export const countOf = async (rows: RowSource, relation: string): Promise<number> => {
  const { columns } = await rows.lake.query(`SELECT count(*) AS n FROM ${relation}`)
  return Number(columns[0]?.values[0])
}
