import { join } from 'node:path'
import { type Lake, literal } from '../../../storage/index.ts'
import { type LogPlace, placeInPart, rowInPart } from '../log-place.ts'
import type { PartManifest } from '../part.ts'
import { keyOf, type WrittenId } from './id-table.ts'

interface Part {
  readonly folder: string
  readonly manifest: PartManifest
}

const dayMs = 86_400_000

const source = ({ folder, manifest }: Part): string =>
  `read_parquet([${manifest.files.map(({ path }) => literal(join(folder, path))).join(', ')}], hive_partitioning = false)`

/** Whether a caller has named an id of the part. */
export async function hasNamedIds(lake: Lake, part: Part): Promise<boolean> {
  const sql = `SELECT count(*) AS named FROM ${source(part)} WHERE NOT drawn_id`
  const { columns } = await lake.query(sql)
  return Number(columns[0]!.values[0]) > 0
}

/** The ids of a part from a place on, a few thousand at a time. */
export async function* idsOfPart(
  lake: Lake,
  part: Part,
  from: LogPlace,
): AsyncGenerator<{ readonly rows: readonly WrittenId[]; readonly next: LogPlace }> {
  const { manifest } = part
  if (manifest.files.length === 0) return
  const sql = `SELECT inference_id, mode, arm, drawn_id, "at", place FROM ${source(part)}
    WHERE place >= ${rowInPart(manifest, from)} ORDER BY place`
  for await (const { rowCount, columns } of lake.scan(sql)) {
    const [ids, modes, arms, drawn, at, places] = columns.map(({ values }) => values) as [
      string[],
      string[],
      string[],
      boolean[],
      Float64Array,
      Float64Array,
    ]
    const rows = Array.from({ length: rowCount }, (_, i): WrittenId => {
      const place = placeInPart(manifest, places[i]!)
      return {
        ...place,
        key: keyOf(ids[i]!, { arm: arms[i]!, mode: modes[i]! }),
        day: Math.floor(at[i]! / dayMs),
        drawn: drawn[i]!,
      }
    })
    if (rowCount === 0) continue
    yield { rows, next: placeInPart(manifest, places[rowCount - 1]! + 1) }
  }
}
