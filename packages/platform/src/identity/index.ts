/** Users by token, with roles. */
export { identityMigrations } from './migrations.ts'
export { identityRoutes } from './routes.ts'
export { isLoopback } from './rules.ts'
export { type IdentityDeps, IdentityService } from './service.ts'
