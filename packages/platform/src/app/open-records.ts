import type { Surface } from '../http/index.ts'
import { ownSurface } from '../http/index.ts'
import type { IdentityService } from '../identity/index.ts'
import {
  ModelFolders,
  modelContents,
  RegistryService,
  registrySurfaces,
  signingKey,
} from '../registry/index.ts'
import { inspectModel } from '../runtime/index.ts'
import { importRoutes, previewRoutes, TrackingService, trackingSurface } from '../tracking/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

/** What was tried and what came of it: runs, and the versions of models that they made. */
export interface Records {
  readonly tracking: TrackingService
  readonly registry: RegistryService
  readonly folders: ModelFolders
  readonly surfaces: readonly Surface[]
}

export function openRecords(
  { database, audit, blobs, lake, clock, ids, directory }: Foundation,
  config: ServerConfig,
  { grants, workspaces }: IdentityService,
): Records {
  const tracking = new TrackingService({ database, blobs, audit, clock, ids, grants, workspaces })
  const registry = new RegistryService({
    database,
    audit,
    clock,
    grants,
    signing: {
      blobs,
      key: signingKey(config.signingKey, directory.root),
      filesOf: (version) => folders.filesOf(version),
    },
  })
  for (const contents of [...tracking.workspaceContents(), modelContents(registry)])
    workspaces.add(contents)
  const folders = new ModelFolders({ registry, tracking, blobs, reader: database.reader })
  return {
    tracking,
    registry,
    folders,
    surfaces: [
      trackingSurface(tracking, database),
      ownSurface('imports', importRoutes(tracking, database)),
      ownSurface('previews', previewRoutes({ tracking, blobs, lake })),
      ...registrySurfaces({ registry, tracking, database, blobs, inspectModel, audit, clock }),
    ],
  }
}
