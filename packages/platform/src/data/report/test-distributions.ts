import { openDuckdbLake } from '../../storage/index.ts'
import { compareDistributions } from './distributions.ts'

/** Drift of every column of two Parquet files in a folder, for benchmarks: from the files to the verdicts. */
export async function measuredDrift(
  folder: string,
  files: readonly [before: string, after: string],
  rowCount: number,
) {
  const lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  try {
    const relations = files.map((file) => `read_parquet(['${folder}/${file}'])`)
    const schema = await lake.describe(`SELECT * FROM ${relations[0]}`)
    const [before, after] = relations.map((relation) => ({
      relation,
      rowCount,
      schema: [...schema],
    }))
    if (!before || !after) throw new TypeError('two files are compared')
    return await compareDistributions(
      lake,
      [before, after],
      schema.map(({ name }) => name),
    )
  } finally {
    await lake.close()
  }
}
