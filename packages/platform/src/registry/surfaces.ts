import type { AuditLog } from '../audit/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { Clock } from '../kernel/index.ts'
import type { BlobStore, Database } from '../storage/index.ts'
import { mlflowSurface, type TrackingService } from '../tracking/index.ts'
import { approvalRoutes } from './approvals/approvals.routes.ts'
import { cardRoutes } from './cards/cards.routes.ts'
import { ModelCards } from './cards/cards.service.ts'
import { modelVersionRoutes } from './model-versions.routes.ts'
import { modelRoutes } from './models.routes.ts'
import { registeredModelRoutes } from './registered-models.routes.ts'
import type { RegistryService } from './service.ts'
import { signatureRoutes } from './signatures/signatures.routes.ts'
import { type InspectModel, ModelSources } from './sources.ts'

export interface RegistrySurfaceDeps {
  readonly registry: RegistryService
  readonly tracking: TrackingService
  readonly database: Database
  readonly blobs: BlobStore
  readonly inspectModel: InspectModel
  readonly audit: AuditLog
  readonly clock: Clock
}

/** The registry in MLflow's protocol and in Kaizen's own API. */
export function registrySurfaces(deps: RegistrySurfaceDeps): readonly Surface[] {
  const { registry, database } = deps
  const sources = new ModelSources({ ...deps, reader: database.reader })
  return [
    mlflowSurface('mlflow-registry', [
      ...registeredModelRoutes(registry, database),
      ...modelVersionRoutes({ ...deps, sources }),
    ]),
    ownSurface('models', [
      ...modelRoutes(deps),
      ...approvalRoutes(registry, database),
      ...cardRoutes(new ModelCards(deps)),
      ...signatureRoutes(registry, database),
    ]),
  ]
}
