import type { Readable } from 'node:stream'
import { mlflowArtifactsApi as api, mlflowRunsApi } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { type Route, route, sendBytes } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { toWireFiles, unlessEmpty } from '../mlflow-wire.ts'
import { runIdOf } from '../runs/runs.routes.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import type { TrackingService } from '../service.ts'
import { contentHeaders, requestedRange } from './artifact-content.ts'
import { checkedArtifactPath, joinPath } from './artifact-path.ts'
import type { Artifacts } from './artifacts.service.ts'

const listLimit = 1000

/** Sends a file of the tree as bytes that a browser never runs; one range of it where asked. */
export async function sendArtifact(
  artifacts: Artifacts,
  path: string,
  reply: FastifyReply,
): Promise<void> {
  const file = await artifacts.file(path)
  const range = requestedRange(reply.request.headers.range, file.sizeBytes)
  reply.headers(contentHeaders(path, file, range))
  if (range) reply.status(206)
  await sendBytes(reply, await artifacts.read(file, range))
}

/** One page of a folder; `prefix` is put before the names. */
export async function listArtifacts(
  artifacts: Artifacts,
  folder: string,
  prefix: string,
  token: string | undefined,
) {
  const identity = ['artifacts', folder]
  const [after] = token ? readPageToken(token, identity) : []
  const entries = await artifacts.list(folder, {
    after: after === undefined ? undefined : String(after),
    limit: listLimit + 1,
  })
  const shown = entries.slice(0, listLimit)
  const last = shown.at(-1)
  return {
    ...unlessEmpty('files', toWireFiles(shown, prefix)),
    ...(entries.length > listLimit && last
      ? { next_page_token: pageToken(identity, [last.name]) }
      : {}),
  }
}

/** The artifact proxy of MLflow's protocol, and the listing and download by run. */
export function artifactRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const { artifacts } = tracking
  return [
    route(api.list, async ({ query }) => {
      const folder = checkedArtifactPath(query.path ?? '')
      return unlessEmpty('files', toWireFiles(await artifacts.listAll(folder), ''))
    }),
    route(api.download, ({ params, reply }) => sendArtifact(artifacts, params['*'], reply)),
    route(api.upload, async ({ params, body, actor, reply }) => {
      await artifacts.upload(actor, params['*'], (body as Readable | undefined) ?? new Uint8Array())
      await reply.send({})
    }),
    route(api.delete, async ({ params, actor }) => {
      await database.write((tx) => artifacts.remove(tx, actor, params['*']))
      return {}
    }),
    route(mlflowRunsApi.artifacts, async ({ query }) => {
      const { run, root } = await tracking.artifactRoot(runIdOf(query))
      const path = checkedArtifactPath(query.path ?? '')
      return {
        root_uri: run.artifactUri,
        ...(await listArtifacts(artifacts, joinPath(root, path), path, query.page_token)),
      }
    }),
    route(api.ofRun, async ({ query, reply }) => {
      const { root } = await tracking.artifactRoot(runIdOf(query))
      await sendArtifact(artifacts, joinPath(root, checkedArtifactPath(query.path)), reply)
    }),
  ]
}
