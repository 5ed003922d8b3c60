/** Where things are kept: the database, blobs by content, tables, and the folder that holds them. */

export { type BlobMarks, markBlobs, type RowsGone } from './blobs/blob-marks.ts'
export type {
  BlobInfo,
  BlobRetirement,
  BlobStore,
  ByteRange,
  DirectTransfer,
  StoredBlob,
  UploadPart,
} from './blobs/blobs.ts'
export { openFileBlobs } from './blobs/file-blobs.ts'
export { type DataDirectory, openDataDirectory } from './data-directory.ts'
export {
  type Database,
  type Dialect,
  type GroupParticipant,
  type Reader,
  type Tx,
  tables,
} from './database/database.ts'
export type { ColumnTypes, Migration, MigrationEvent } from './database/migrate.ts'
export { openPostgres } from './database/postgres-database.ts'
export { PreparedInsert, PreparedQuery } from './database/prepared.ts'
export { openSqlite } from './database/sqlite-database.ts'
export { type DuckdbLakeOptions, openDuckdbLake } from './lake/duckdb-lake.ts'
export { type FileFormat, identifier, type Lake, type LakeValue, literal } from './lake/lake.ts'
export {
  type ParquetCell,
  type ParquetColumn,
  type ParquetScalar,
  ParquetWriter,
} from './lake/parquet-writer.ts'
export { schemaOf, type Table, type TableColumn } from './lake/table.ts'
export { type S3Settings, s3SettingsOf } from './s3/s3-settings.ts'
export { openS3Blobs } from './s3/s3-store.ts'
