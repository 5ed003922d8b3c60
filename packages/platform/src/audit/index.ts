/** The event log: append in the caller's transaction, hash-chained, read by cursor, verifiable. */
export { auditMigrations } from './migrations.ts'
export type { AuditEvent, NewAuditEvent } from './model.ts'
export { auditRoutes } from './routes.ts'
export { AuditLog } from './service.ts'
export { Subscription, type SubscriptionOptions } from './subscription.ts'
