import { mlflowTransfersApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { TrackingService } from '../service.ts'
import { joinPath, splitPath } from './artifact-path.ts'

/** The client names the folder in the address and the file in the body. */
const fileIn = (folder: string, path: string): string => joinPath(folder, splitPath(path).name)

/** Uploads in parts and signed addresses, in MLflow's protocol. */
export const transferRoutes = ({ transfers }: TrackingService): readonly Route[] => [
  route(api.create, async ({ params, body }) => {
    const path = fileIn(params['*'], body.path)
    const { uploadId, urls } = await transfers.begin(path, body.num_parts ?? 1)
    return {
      upload_id: uploadId,
      credentials: urls.map((url, index) => ({ url, part_number: index + 1, headers: {} })),
    }
  }),
  route(api.complete, async ({ params, body, actor }) => {
    const parts = body.parts.map(({ part_number, etag }) => ({ number: part_number, etag }))
    const path = fileIn(params['*'], body.path)
    await transfers.complete(actor, path, { uploadId: body.upload_id, parts })
    return {}
  }),
  route(api.abort, async ({ body }) => {
    await transfers.abort(body.upload_id)
    return {}
  }),
  route(api.presigned, async ({ params }) => {
    const { url, file } = await transfers.download(params['*'])
    return { url, headers: {}, file_size: file.sizeBytes }
  }),
]
