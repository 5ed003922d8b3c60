import type { DataService } from '../data/index.ts'
import {
  DatabaseOnlineStore,
  FeatureService,
  feastSurface,
  featureRoutes,
} from '../features/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

export interface Features {
  readonly features: FeatureService
  readonly surfaces: readonly Surface[]
}

/** Feature views, with the online store on the product's own database. */
export function openFeatures(
  { database, audit, blobs, lake, clock, ids, workFolder }: Foundation,
  config: ServerConfig,
  { jobs, data }: { readonly jobs: JobQueue; readonly data: DataService },
): Features {
  const features = new FeatureService({
    database,
    audit,
    jobs,
    data,
    blobs,
    lake,
    clock,
    ids,
    workFolder,
    online: new DatabaseOnlineStore(database),
  })
  const uploads = { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }
  return {
    features,
    surfaces: [
      ownSurface('features', featureRoutes(features, uploads)),
      feastSurface(features, clock),
    ],
  }
}
