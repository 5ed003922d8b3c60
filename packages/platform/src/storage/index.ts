/** Where things are kept: the database, blobs by content, tables, and the folder that holds them. */
export type { BlobInfo, BlobStore, ByteRange } from './blobs.ts'
export { type DataDirectory, openDataDirectory } from './data-directory.ts'
export { type Database, type Dialect, type Reader, type Tx, tables } from './database.ts'
export { openFileBlobs } from './file-blobs.ts'
export { type ColumnTypes, type Migration, migrate } from './migrate.ts'
export { openPostgres } from './postgres-database.ts'
export { openSqlite } from './sqlite-database.ts'
