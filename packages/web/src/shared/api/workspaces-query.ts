import { mlflowWorkspacesApi } from '@kaizen/contracts'
import { queryOptions } from '@tanstack/react-query'
import { call } from './client.ts'
import { keyOf } from './queries.ts'

/** The workspaces that the reader may see, by name. */
export const workspacesQuery = queryOptions({
  queryKey: keyOf(mlflowWorkspacesApi.list),
  queryFn: async ({ signal }) =>
    (await call(mlflowWorkspacesApi.list, {}, signal)).workspaces ?? [],
})
