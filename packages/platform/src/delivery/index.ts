/** Projects as code: plan, apply and the manifests in force. */

export { type ExportRouteDeps, exportRoutes } from './exports/routes.ts'
export { type LineageDeps, LineageService } from './lineage/lineage.service.ts'
export { lineageRoutes } from './lineage/routes.ts'
export { deliveryMigrations } from './migrations.ts'
export type { KindHandler, ObjectKind } from './model.ts'
export { deliveryRoutes } from './routes.ts'
export { type DeliveryDeps, DeliveryService } from './service.ts'
