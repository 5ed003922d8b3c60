/** Where things are kept: the database, blobs by content, tables, and the folder that holds them. */

export { type BlobMarks, markBlobs } from './blob-marks.ts'
export type {
  BlobInfo,
  BlobRetirement,
  BlobStore,
  ByteRange,
  DirectTransfer,
  StoredBlob,
  UploadPart,
} from './blobs.ts'
export { type DataDirectory, openDataDirectory } from './data-directory.ts'
export {
  type Database,
  type Dialect,
  type GroupParticipant,
  type Reader,
  type Tx,
  tables,
} from './database.ts'
export { type DuckdbLakeOptions, openDuckdbLake } from './duckdb-lake.ts'
export { openFileBlobs } from './file-blobs.ts'
export { type FileFormat, identifier, type Lake, type LakeValue, literal } from './lake.ts'
export type { ColumnTypes, Migration } from './migrate.ts'
export {
  type ParquetCell,
  type ParquetColumn,
  type ParquetScalar,
  ParquetWriter,
} from './parquet-writer.ts'
export { openPostgres } from './postgres-database.ts'
export { PreparedInsert, PreparedQuery } from './prepared.ts'
export { type S3Settings, s3SettingsOf } from './s3-settings.ts'
export { openS3Blobs } from './s3-store.ts'
export { openSqlite } from './sqlite-database.ts'
export { schemaOf, type Table, type TableColumn } from './table.ts'
