import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import { message, requiredText, text } from './fields.ts'
import { mlflowV3Prefix } from './operation.ts'

/** What happens to what a workspace holds when it is deleted. */
export const workspaceDeletionModes = ['RESTRICT', 'CASCADE', 'SET_DEFAULT'] as const
export type WorkspaceDeletionMode = (typeof workspaceDeletionModes)[number]

/** A space of names of its own: its experiments and models are not seen from another. */
export const mlflowWorkspace = z.object({
  name: z.string(),
  description: z.string().optional(),
  default_artifact_root: z.string().optional(),
})
export type MlflowWorkspace = z.output<typeof mlflowWorkspace>

const one = z.object({ workspace: mlflowWorkspace })
const path = `${mlflowV3Prefix}/workspaces`
const named = message({ workspace_name: requiredText })
const fields = { description: text, default_artifact_root: text }

export const mlflowWorkspacesApi = {
  list: endpoint({
    method: 'GET',
    path,
    summary: 'List workspaces',
    action: 'view',
    response: z.object({ workspaces: z.array(mlflowWorkspace).optional() }),
  }),
  create: endpoint({
    method: 'POST',
    path,
    summary: 'Create a workspace',
    action: 'admin',
    body: message({ name: requiredText, ...fields }),
    response: one,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: `${path}/:workspace_name`,
    summary: 'Get a workspace',
    action: 'view',
    params: named,
    response: one,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${path}/:workspace_name`,
    summary: 'Change a workspace',
    action: 'admin',
    params: named,
    body: message(fields),
    response: one,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${path}/:workspace_name`,
    summary: 'Delete a workspace',
    action: 'admin',
    params: named,
    query: message({ mode: text }),
    response: empty,
    status: 204,
  }),
} as const
