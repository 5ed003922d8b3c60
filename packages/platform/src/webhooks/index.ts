/** Webhooks of the registry, in the MLflow protocol: durable, signed, sent once to each receiver. */
export { webhookMigrations } from './migrations.ts'
export { webhookSurfaces } from './routes.ts'
export { checkUrl } from './rules.ts'
export { SecretBox } from './secret-box.ts'
export { type WebhookDeps, WebhookService } from './service.ts'
