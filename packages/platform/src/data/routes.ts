import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { dataApi, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { schemaOf } from '../storage/index.ts'
import { qualityRoutes } from './quality.routes.ts'
import { receiveFile } from './receive-file.ts'
import { reportRoutes } from './report.routes.ts'
import { rowsOf } from './rows.ts'
import type { DataService } from './service.ts'

export interface DataRouteOptions {
  /** Where uploads wait; a folder that the lake may read. */
  readonly uploadFolder: string
  readonly maxUploadBytes: number
}

export function dataRoutes(data: DataService, options: DataRouteOptions): readonly Route[] {
  return [
    route(dataApi.list, ({ query }) => data.list(query.limit, query.pageToken)),
    route(dataApi.create, ({ body, actor }) => data.create(actor, body)),
    route(dataApi.get, ({ params }) => data.get(params.name)),
    route(dataApi.versions, ({ params, query }) =>
      data.versions(params.name, query.limit, versionToken(query.pageToken)),
    ),
    route(dataApi.version, ({ params }) => data.version(params.name, params.version)),
    route(dataApi.profile, async ({ params }) => ({
      columns: await data.profile(params.name, params.version),
    })),
    route(dataApi.rows, async ({ params, query }) => {
      const quarantined = query.quarantined === 'true'
      const table = await data.rows(params.name, params.version, {
        limit: query.limit,
        after: query.after,
        quarantined,
      })
      const next = table.rowCount === query.limit ? query.after + table.rowCount : null
      return { columns: schemaOf(table), rows: rowsOf(table), next }
    }),
    route(dataApi.upload, async ({ params, query, actor, body, reply }) => {
      await data.get(params.name)
      const path = join(options.uploadFolder, `${randomUUID()}.${query.format}`)
      try {
        await receiveFile(body as Readable | undefined, path, options.maxUploadBytes)
        const { format, mode, from, to, fileName } = query
        const origin = { kind: 'upload', fileName: fileName ?? null, format, mode }
        const version = await data.addFile(params.name, {
          path,
          format,
          mode,
          from,
          to,
          origin,
          actor,
        })
        await reply.status(201).send(version)
      } finally {
        await rm(path, { force: true })
      }
    }),
    ...qualityRoutes(data.quality),
    ...reportRoutes(data.reports),
  ]
}

function versionToken(token: string | undefined): number | undefined {
  if (token === undefined) return undefined
  const version = Number(token)
  if (Number.isSafeInteger(version) && version > 0) return version
  throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
}
