import { mlflowServerApi as api, mlflowVersion } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'

/** What clients of MLflow ask about the server itself. */
export const serverRoutes = (): readonly Route[] => [
  route(api.version, async ({ reply }) => reply.type('text/plain').send(mlflowVersion)),
  route(api.info, async () => ({
    store_type: 'SqlStore',
    workspaces_enabled: true,
    trace_archival_enabled: false,
  })),
]
