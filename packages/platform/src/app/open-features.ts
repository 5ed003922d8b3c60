import { join } from 'node:path'
import { Counter } from 'prom-client'
import type { DataService } from '../data/index.ts'
import {
  DatabaseOnlineStore,
  FeatureService,
  feastSurface,
  featureRoutes,
  type OnlineStore,
  ProjectFunctions,
  RedisOnlineStore,
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

/** Feature views, with the online store on the product's own database or on Redis. */
export async function openFeatures(
  foundation: Foundation,
  config: ServerConfig,
  { jobs, data }: { readonly jobs: JobQueue; readonly data: DataService },
): Promise<Features> {
  const { database, audit, blobs, lake, clock, ids, workFolder, directory } = foundation
  const bundles = new BundleFolders(join(await directory.folder('steps'), 'bundles'), blobs)
  await using opened = new AsyncDisposableStack()
  const functions = opened.use(
    new ProjectFunctions({
      folderOf: (bundle) => bundles.folderOf(bundle),
      environment: stepEnvironment(process.env, {}),
    }),
  )
  const online = openOnlineStore(foundation, config, opened)
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
    online,
    functions,
  })
  const kept = opened.move()
  const uploads = { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }
  return {
    features,
    surfaces: [
      ownSurface('features', featureRoutes(features, uploads)),
      feastSurface(features, clock),
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function openOnlineStore(
  { database, metrics }: Foundation,
  { onlineStore: url, replayFrom }: ServerConfig,
  opened: AsyncDisposableStack,
): OnlineStore {
  if (url === undefined) return new DatabaseOnlineStore(database)
  const store = opened.use(
    new RedisOnlineStore({ url, database, expires: replayFrom === undefined }),
  )
  new Counter({
    name: 'kaizen_online_store_failures_total',
    help: 'Calls of the online store that failed',
    registers: [metrics],
    collect() {
      this.reset()
      this.inc(store.failures)
    },
  })
  return store
}
