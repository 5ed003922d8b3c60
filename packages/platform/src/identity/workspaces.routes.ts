import {
  mlflowWorkspacesApi as api,
  KaizenError,
  type MlflowWorkspace,
  workspaceDeletionModes,
} from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { Actor } from '../kernel/index.ts'
import type { Workspace } from './model.ts'
import { allows } from './rules.ts'
import type { Workspaces } from './workspaces.service.ts'

const toWire = ({ name, description, artifactRoot }: Workspace): MlflowWorkspace => ({
  name,
  ...(description === '' ? {} : { description }),
  ...(artifactRoot === null ? {} : { default_artifact_root: artifactRoot }),
})

const sees = (actor: Actor, { name }: Workspace): boolean =>
  actor.access === undefined || allows(actor.access.level('workspace', name, name), 'READ')

/** The workspaces of MLflow's protocol; users see the ones in which they may read. */
export const workspaceRoutes = (workspaces: Workspaces): readonly Route[] => [
  route(api.list, async ({ actor }) => {
    const seen = (await workspaces.list()).filter((workspace) => sees(actor, workspace))
    return seen.length === 0 ? {} : { workspaces: seen.map(toWire) }
  }),
  route(api.create, async ({ body, actor }) => ({
    workspace: toWire(
      await workspaces.create(actor, body.name, {
        description: body.description,
        artifactRoot: body.default_artifact_root,
      }),
    ),
  })),
  route(api.get, async ({ params, actor }) => {
    const workspace = await workspaces.get(params.workspace_name)
    if (!sees(actor, workspace)) {
      throw new KaizenError(
        'FORBIDDEN',
        `${actor.name} may not see the workspace '${workspace.name}'`,
      )
    }
    return { workspace: toWire(workspace) }
  }),
  route(api.update, async ({ params, body, actor }) => ({
    workspace: toWire(
      await workspaces.update(actor, params.workspace_name, {
        description: body.description,
        artifactRoot: body.default_artifact_root,
      }),
    ),
  })),
  route(api.delete, async ({ params, query, actor }) => {
    const asked = query.mode ?? 'RESTRICT'
    const mode = workspaceDeletionModes.find((known) => known === asked)
    if (!mode) {
      throw new KaizenError(
        'INVALID_REQUEST',
        `Invalid deletion mode '${asked.slice(0, 100)}'. Must be one of: ${workspaceDeletionModes.join(', ')}`,
      )
    }
    await workspaces.delete(actor, params.workspace_name, mode)
    return {}
  }),
]
