import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { type GraphPreview, KaizenError, type TablePreview } from '@kaizen/contracts'
import {
  type BlobStore,
  identifier,
  type Lake,
  literal,
  type TableColumn,
} from '../../storage/index.ts'
import { checkedArtifactPath, joinPath } from '../artifacts/artifact-path.ts'
import type { ArtifactFile } from '../artifacts/artifacts.service.ts'
import type { TrackingService } from '../service.ts'
import { readModelGraph } from './model-graph.ts'

export interface PreviewDeps {
  readonly tracking: TrackingService
  readonly blobs: BlobStore
  readonly lake: Lake
}

const mostColumns = 500
const longestCell = 500
/** A model is read into memory, and in one go; a table by its first pages. */
const largest = { graph: 256 * 2 ** 20, table: 4 * 2 ** 30 }

/** Looks into files of runs that a browser cannot read by itself. */
export class ArtifactPreviews {
  readonly #deps: PreviewDeps

  constructor(deps: PreviewDeps) {
    this.#deps = deps
  }

  /** @throws NOT_FOUND, UNSUPPORTED for other kinds of files, TOO_LARGE, INVALID_DATA for damaged ones */
  async ofRun(
    runId: string,
    { path, rows }: { readonly path: string; readonly rows: number },
  ): Promise<TablePreview | GraphPreview> {
    const { tracking, blobs } = this.#deps
    const kind = kindOf(path)
    const { root } = await tracking.artifactRoot(runId)
    const file = await tracking.artifacts.file(joinPath(root, checkedArtifactPath(path)))
    if (file.sizeBytes > largest[kind])
      throw new KaizenError('TOO_LARGE', `the file has ${file.sizeBytes} bytes`, {
        hint: `Files of up to ${largest[kind]} bytes are looked into; download it.`,
      })
    const local = await blobs.localPath(file.digest)
    return kind === 'graph' ? readModelGraph(await readFile(local)) : this.#table(local, file, rows)
  }

  async #table(local: string, { sizeBytes }: ArtifactFile, rows: number): Promise<TablePreview> {
    const { lake } = this.#deps
    const relation = `read_parquet(${literal(local)})`
    const all = await lake.describe(`SELECT * FROM ${relation}`)
    const columns = all.slice(0, mostColumns)
    const names = columns.map(({ name }) => identifier(name)).join(', ')
    const [table, counted] = await Promise.all([
      lake.query(`SELECT ${names} FROM ${relation} LIMIT ${rows}`),
      lake.query(`SELECT count(*) FROM ${relation}`),
    ])
    return {
      kind: 'table',
      sizeBytes,
      rowCount: Number(counted.columns[0]?.values[0]),
      columnCount: all.length,
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: Array.from({ length: table.rowCount }, (_, row) =>
        table.columns.map((column) => cellOf(column, row)),
      ),
    }
  }
}

function kindOf(path: string): 'graph' | 'table' {
  const extension = extname(path).toLowerCase()
  if (extension === '.onnx') return 'graph'
  if (extension === '.parquet') return 'table'
  throw new KaizenError('UNSUPPORTED', `"${path.slice(-100)}" is not looked into here`, {
    hint: 'There are previews of .parquet and .onnx files; download the others.',
  })
}

function cellOf({ type, values }: TableColumn, row: number): TablePreview['rows'][number][number] {
  const value = values[row]
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value.slice(0, longestCell)
  if (typeof value === 'boolean') return value
  if (Number.isNaN(value)) return null
  if (type === 'timestamp') return timeText(value)
  return Number.isFinite(value) ? value : String(value)
}

const furthestTime = 8.64e15
const timeText = (ms: number): string =>
  Math.abs(ms) <= furthestTime ? new Date(ms).toISOString() : `${ms} ms`
