/** Registered models: versions, aliases, tags and stages; the MLflow registry protocol. */
export { registryMigrations } from './migrations.ts'
export type { ModelFile, NewModelVersion } from './model.ts'
export { type ModelFolderDeps, ModelFolders } from './model-folders.ts'
export { type RegistryDeps, RegistryService } from './service.ts'
export { type SigningKey, signingKey } from './signing-key.ts'
export type { InspectModel } from './sources.ts'
export { type RegistrySurfaceDeps, registrySurfaces } from './surfaces.ts'
