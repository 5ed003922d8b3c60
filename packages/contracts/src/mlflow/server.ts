import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { mlflowV3Prefix } from './operation.ts'

/** The release of MLflow whose protocol is spoken: clients ask for it before they send what older servers cannot read. */
export const mlflowVersion = '3.17.2'

export const mlflowServerApi = {
  version: endpoint({
    method: 'GET',
    path: '/version',
    summary: 'The version of MLflow whose protocol this server speaks',
    action: 'public',
    transport: 'stream',
    response: z.string(),
  }),
  info: endpoint({
    method: 'GET',
    path: `${mlflowV3Prefix}/server-info`,
    summary: 'What the server can do beyond the basic protocol',
    action: 'public',
    response: z.object({
      store_type: z.string(),
      workspaces_enabled: z.boolean(),
      trace_archival_enabled: z.boolean(),
    }),
  }),
} as const
