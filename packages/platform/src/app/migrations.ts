import { auditMigrations } from '../audit/index.ts'
import { continualMigrations } from '../continual/index.ts'
import { dataMigrations } from '../data/index.ts'
import { deliveryMigrations } from '../delivery/index.ts'
import { featureMigrations } from '../features/index.ts'
import { identityMigrations } from '../identity/index.ts'
import { jobMigrations } from '../jobs/index.ts'
import { monitoringMigrations } from '../monitoring/index.ts'
import { pipelineMigrations } from '../pipelines/index.ts'
import { registryMigrations } from '../registry/index.ts'
import { servingMigrations } from '../serving/index.ts'
import type { Migration } from '../storage/index.ts'
import { trackingMigrations } from '../tracking/index.ts'
import { webhookMigrations } from '../webhooks/index.ts'
import { appMigrations } from './clock.store.ts'

/** The whole schema, stage by stage. */
export const migrations: readonly Migration[] = [
  ...auditMigrations,
  ...identityMigrations,
  ...jobMigrations,
  ...dataMigrations,
  ...featureMigrations,
  ...trackingMigrations,
  ...registryMigrations,
  ...webhookMigrations,
  ...pipelineMigrations,
  ...servingMigrations,
  ...monitoringMigrations,
  ...continualMigrations,
  ...deliveryMigrations,
  ...appMigrations,
]
