import { auditMigrations } from '../audit/index.ts'
import { dataMigrations } from '../data/index.ts'
import { identityMigrations } from '../identity/index.ts'
import { jobMigrations } from '../jobs/index.ts'
import type { Migration } from '../storage/index.ts'
import { appMigrations } from './clock.store.ts'

/** The whole schema, stage by stage. */
export const migrations: readonly Migration[] = [
  ...auditMigrations,
  ...identityMigrations,
  ...jobMigrations,
  ...dataMigrations,
  ...appMigrations,
]
