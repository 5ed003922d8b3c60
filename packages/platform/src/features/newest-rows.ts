import type { JsonValue } from '@kaizen/contracts'
import type { VersionRecord } from '../data/index.ts'
import type { BlobStore, Table } from '../storage/index.ts'
import { tilesSql } from './aggregate-sql.ts'
import { isAggregated } from './aggregates.ts'
import { cellOfText, keyText } from './cells.ts'
import type { MaterializationRecord, OnlineRow, ResolvedView } from './model.ts'
import { featureColumn, keyColumn, numberedRows, viewColumns } from './view-relation.ts'

export const allOf = ({ definition }: ResolvedView): readonly number[] =>
  definition.features.map((_, place) => place)

/** A view with the version of its dataset. */
export interface ViewVersion {
  readonly view: ResolvedView
  readonly version: VersionRecord
}

export type Reach = Pick<MaterializationRecord, 'kind' | 'from' | 'to' | 'base'>

/**
 * The newest row of each entity in SQL, by its keys, all columns as text. Incrementally these are rows of pieces that are
 * new, whatever their event time, and rows of others that lay in the future the last time.
 */
export async function newestRows(
  blobs: BlobStore,
  { view, version }: ViewVersion,
  { kind, from, to, base }: Reach,
): Promise<string> {
  const columns = viewColumns(view, version.schema, allOf(view))
  const known = new Set(base.pieces)
  const keys = view.joinKeys.map((_, k) => keyColumn(k))
  const part = async (isKnown: boolean, since: number | null): Promise<readonly string[]> => {
    const pieces = version.pieces.filter(({ digest }) => known.has(digest) === isKnown)
    if (pieces.length === 0) return []
    const bounds = [
      't IS NOT NULL',
      ...keys.map((key) => `${key} IS NOT NULL`),
      `t < epoch_ms(${to})`,
      ...(since === null ? [] : [`t >= epoch_ms(${since})`]),
    ]
    const rows = await numberedRows(blobs, { pieces }, columns)
    return [`SELECT *, ${isKnown ? 0 : 1} AS part FROM (${rows}) WHERE ${bounds.join(' AND ')}`]
  }
  const parts =
    kind === 'window'
      ? await part(false, from)
      : [...(await part(true, base.materializedTo)), ...(await part(false, null))]
  if (isAggregated(view.definition)) {
    const all = await numberedRows(blobs, version, columns)
    return tilesSql(view, touchedRows(all, { parts, keys, to }), { keys, toMs: to })
  }
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `
  const texts = [
    ...keys.map((key) => `CAST(${key} AS VARCHAR) AS ${key}`),
    'CAST(epoch_us(t) AS VARCHAR) AS t',
    'CAST(epoch_us(c) AS VARCHAR) AS c',
    ...allOf(view)
      .map(featureColumn)
      .map((column) => `CAST(${column} AS VARCHAR) AS ${column}`),
  ]
  const newest = `SELECT * FROM (${parts.join(' UNION ALL ')}) QUALIFY row_number() OVER (${partition}ORDER BY t DESC, c DESC NULLS LAST, part DESC, rn DESC) = 1`
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.map((key) => `n.${key}`).join(', ')}`
  return `SELECT ${texts.join(', ')} FROM (${newest}) n${order}`
}

/** All rows of the entities that have some in the parts: their windows are counted again as a whole. */
function touchedRows(
  all: string,
  { parts, keys, to }: { parts: readonly string[]; keys: readonly string[]; to: number },
): string {
  const rows = `SELECT * FROM (${all}) a WHERE a.t < epoch_ms(${to})`
  if (parts.length === 0) return `${rows} AND FALSE`
  const some = `SELECT * FROM (${parts.join(' UNION ALL ')})`
  if (keys.length === 0) return `${rows} AND EXISTS (${some})`
  const equal = keys.map((key) => `b.${key} = a.${key}`).join(' AND ')
  return `${rows} AND EXISTS (SELECT 1 FROM (${some}) b WHERE ${equal})`
}

/** Rows of `newestRows` as the online store keeps them. */
export function rowsOf(
  { rowCount, columns }: Table,
  { joinKeys, definition }: ResolvedView,
): OnlineRow[] {
  const keys = joinKeys.length
  const text = (column: number, row: number): string | null =>
    (columns[column]!.values[row] ?? null) as string | null
  return Array.from({ length: rowCount }, (_, row) => {
    const created = text(keys + 1, row)
    return {
      key: keyText(joinKeys.map((_, k) => text(k, row)!)),
      eventUs: Number(text(keys, row)),
      createdUs: created === null ? null : Number(created),
      cells: isAggregated(definition)
        ? (JSON.parse(text(keys + 2, row)!) as JsonValue[])
        : definition.features.map(({ type }, f) => cellOfText(text(keys + 2 + f, row), type)),
    }
  })
}
