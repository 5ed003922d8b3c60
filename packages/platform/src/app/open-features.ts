import { join } from 'node:path'
import type { DataService } from '../data/index.ts'
import {
  DatabaseOnlineStore,
  FeatureService,
  feastSurface,
  featureRoutes,
  ProjectFunctions,
} from '../features/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { BundleFolders, stepEnvironment } from '../pipelines/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

export interface Features extends AsyncDisposable {
  readonly features: FeatureService
  readonly surfaces: readonly Surface[]
}

/** Feature views, with the online store on the product's own database. */
export async function openFeatures(
  { database, audit, blobs, lake, clock, ids, workFolder, directory }: Foundation,
  config: ServerConfig,
  { jobs, data }: { readonly jobs: JobQueue; readonly data: DataService },
): Promise<Features> {
  const bundles = new BundleFolders(join(await directory.folder('steps'), 'bundles'), blobs)
  const functions = new ProjectFunctions({
    folderOf: (bundle) => bundles.folderOf(bundle),
    environment: stepEnvironment(process.env, {}),
  })
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
    functions,
  })
  const uploads = { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }
  return {
    features,
    surfaces: [
      ownSurface('features', featureRoutes(features, uploads)),
      feastSurface(features, clock),
    ],
    [Symbol.asyncDispose]: () => functions[Symbol.asyncDispose](),
  }
}
