import type { Role } from '@kaizen/contracts'
import { ownSurface, type Surface } from '../http/index.ts'
import {
  type IdentityService,
  identityRoutes,
  mlflowRoleRoutes,
  mlflowUserRoutes,
  OidcLogin,
  sessionRoutes,
  workspaceRoutes,
} from '../identity/index.ts'
import { mlflowSurface } from '../tracking/index.ts'
import type { ServerConfig } from './config.ts'

/** Users, tokens, roles and logins: in Kaizen's own API and in MLflow's protocol. */
export function identitySurfaces(
  identity: IdentityService,
  config: ServerConfig,
): readonly Surface[] {
  const session = sessionRoutes({
    identity,
    secure: config.publicUrl?.startsWith('https:') ?? false,
    oidc: oidcOf(config),
  })
  return [
    ownSurface('identity', [...identityRoutes(identity), ...session]),
    mlflowSurface('mlflow-users', [...mlflowUserRoutes(identity), ...mlflowRoleRoutes(identity)]),
    mlflowSurface('mlflow-workspaces', workspaceRoutes(identity.workspaces)),
  ]
}

function oidcOf({ oidc, publicUrl }: ServerConfig): OidcLogin | undefined {
  if (!oidc || publicUrl === undefined) return undefined
  const pairs = oidc.roles.map((text) => {
    const at = text.indexOf('=')
    return { role: text.slice(0, at) as Role, group: text.slice(at + 1) }
  })
  const groupsOf = (role: Role) =>
    pairs.filter((pair) => pair.role === role).map(({ group }) => group)
  return new OidcLogin({
    issuer: oidc.issuer,
    clientId: oidc.clientId,
    clientSecret: oidc.clientSecret,
    publicUrl,
    groupsClaim: oidc.groupsClaim,
    roleGroups: {
      admin: groupsOf('admin'),
      editor: groupsOf('editor'),
      viewer: groupsOf('viewer'),
    },
    defaultRole: oidc.defaultRole,
  })
}
