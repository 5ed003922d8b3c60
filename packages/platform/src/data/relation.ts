import { type BlobStore, literal } from '../storage/index.ts'
import type { VersionRecord } from './model.ts'

/** All rows of a version in their order, as a relation of the lake. */
export async function relationOf(
  blobs: BlobStore,
  { pieces }: Pick<VersionRecord, 'pieces'>,
): Promise<string> {
  const paths = await Promise.all(pieces.map((piece) => blobs.localPath(piece.digest)))
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`
}
