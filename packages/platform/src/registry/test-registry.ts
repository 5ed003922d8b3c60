import { AuditLog, auditMigrations } from '../audit/index.ts'
import { ReplayClock } from '../kernel/index.ts'
import type { Database, Dialect } from '../storage/index.ts'
import { testDatabase } from '../storage/test-databases.ts'
import { registryMigrations } from './migrations.ts'
import { RegistryService } from './service.ts'

/** A registry on a database of its own. */
export interface TestRegistry extends AsyncDisposable {
  readonly registry: RegistryService
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: ReplayClock
}

export async function testRegistry(dialect: Dialect): Promise<TestRegistry> {
  const databases = await testDatabase(dialect, [...auditMigrations, ...registryMigrations])
  const { database } = databases
  const clock = new ReplayClock(Date.UTC(2026, 0, 1))
  const audit = new AuditLog(database, clock)
  return {
    registry: new RegistryService({ database, audit, clock }),
    database,
    audit,
    clock,
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  }
}
