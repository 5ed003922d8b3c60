import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { accessRoleName, password, username } from './identity-names.ts'
import { displayName, empty, page, pageQuery, timestampMs } from './shared.ts'
import { roles, tokenView } from './system.ts'

/** What a permission lets its holder do with one experiment or registered model, each level with those before it. */
export const permissionLevels = ['READ', 'USE', 'EDIT', 'MANAGE'] as const
export type PermissionLevel = (typeof permissionLevels)[number]
/** What can be granted: a level, or `DENY`, which no other grant overrides. */
export const permissions = [...permissionLevels, 'DENY'] as const
export type Permission = (typeof permissions)[number]
/** What permissions are about. */
export const resourceKinds = ['experiment', 'registered_model', 'workspace'] as const
export type ResourceKind = (typeof resourceKinds)[number]

export const userView = z.object({
  username: z.string(),
  role: z.enum(roles),
  /** Named roles that the user is a member of. */
  roles: z.array(z.string()),
  /** False where only single sign-on lets the user in. */
  hasPassword: z.boolean(),
  singleSignOn: z.boolean(),
  createdAt: timestampMs,
  lastLoginAt: timestampMs.nullable(),
})
export type UserView = z.output<typeof userView>

export const grantView = z.object({
  kind: z.enum(resourceKinds),
  /** Id of an experiment, name of a model, or `*` for all. */
  id: z.string(),
  permission: z.enum(permissions),
  /** The named role that gives it; null for one of the user's own. */
  role: z.string().nullable(),
})
export type GrantView = z.output<typeof grantView>

export const roleView = z.object({
  name: z.string(),
  description: z.string(),
  members: z.array(z.string()),
  permissions: z.array(grantView),
})
export type RoleView = z.output<typeof roleView>

export const callerView = z.object({
  name: z.string(),
  role: z.enum(roles),
  roles: z.array(z.string()),
  username: z.string().nullable(),
})
export type CallerView = z.output<typeof callerView>

const userParams = z.strictObject({ username })
const roleParams = z.strictObject({ name: accessRoleName })
const resource = { kind: z.enum(resourceKinds), id: z.string().min(1).max(250) }
const grantBody = z.strictObject({ ...resource, permission: z.enum(permissions) })

/** Who the caller is: logging in and out, the caller's own password and tokens. */
export const sessionApi = {
  options: endpoint({
    method: 'GET',
    path: '/api/v1/session/options',
    summary: 'How to log in',
    action: 'public',
    response: z.object({
      authentication: z.boolean(),
      /** What the button of single sign-on says; null where there is none. */
      singleSignOn: z.string().nullable(),
    }),
  }),
  login: endpoint({
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Log in with a password; the answer sets a session cookie',
    action: 'public',
    body: z.strictObject({ username: z.string().max(128), password: z.string().max(1024) }),
    response: callerView,
  }),
  logout: endpoint({
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'Log out',
    action: 'public',
    response: z.object({ redirect: z.string().nullable() }),
  }),
  /** Redirects to the provider. */
  singleSignOn: endpoint({
    method: 'GET',
    path: '/api/v1/session/oidc',
    summary: 'Log in by OpenID Connect',
    action: 'public',
    query: z.strictObject({ to: z.string().max(1000).optional() }),
    transport: 'stream',
    response: z.unknown(),
  }),
  callback: endpoint({
    method: 'GET',
    path: '/api/v1/session/oidc/callback',
    summary: 'Where the OpenID provider sends the browser back to',
    action: 'public',
    transport: 'stream',
    response: z.unknown(),
  }),
  me: endpoint({
    method: 'GET',
    path: '/api/v1/me',
    summary: 'Who the caller is',
    action: 'view',
    response: callerView,
  }),
  changePassword: endpoint({
    method: 'PUT',
    path: '/api/v1/me/password',
    summary: "Change the caller's password; other sessions end",
    action: 'view',
    body: z.strictObject({ current: z.string().max(1024), password }),
    response: empty,
  }),
  tokens: endpoint({
    method: 'GET',
    path: '/api/v1/me/tokens',
    summary: "List the caller's own tokens",
    action: 'view',
    response: z.object({ items: z.array(tokenView) }),
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/api/v1/me/tokens',
    summary: 'Create a token that acts as the caller; its secret is shown once',
    action: 'view',
    body: z.strictObject({ name: displayName, expiresAt: timestampMs.nullable().default(null) }),
    response: tokenView.extend({ secret: z.string() }),
    status: 201,
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/api/v1/me/tokens/:id',
    summary: "Revoke one of the caller's own tokens",
    action: 'view',
    params: z.strictObject({ id: z.string().min(1).max(128) }),
    response: tokenView,
  }),
} as const

/** Users, named roles and what they may do. */
export const usersApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List users',
    action: 'admin',
    query: pageQuery,
    response: page(userView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Create a user',
    action: 'admin',
    body: z.strictObject({ username, password, role: z.enum(roles).default('editor') }),
    response: userView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/users/:username',
    summary: 'Get a user',
    action: 'admin',
    params: userParams,
    response: userView,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/api/v1/users/:username',
    summary: 'Change the role or password of a user',
    action: 'admin',
    params: userParams,
    body: z.strictObject({ role: z.enum(roles).optional(), password: password.optional() }),
    response: userView,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/api/v1/users/:username',
    summary: 'Delete a user with its tokens, sessions and permissions',
    action: 'admin',
    params: userParams,
    response: empty,
  }),
  permissions: endpoint({
    method: 'GET',
    path: '/api/v1/users/:username/permissions',
    summary: 'List permissions of a user, those of its roles too',
    action: 'admin',
    params: userParams,
    response: z.object({ items: z.array(grantView) }),
  }),
  grant: endpoint({
    method: 'PUT',
    path: '/api/v1/users/:username/permissions',
    summary: 'Give a user a permission',
    action: 'admin',
    params: userParams,
    body: grantBody,
    response: empty,
  }),
  revoke: endpoint({
    method: 'DELETE',
    path: '/api/v1/users/:username/permissions',
    summary: 'Take a permission from a user',
    action: 'admin',
    params: userParams,
    query: z.strictObject(resource),
    response: empty,
  }),
} as const

export const rolesApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/roles',
    summary: 'List named roles',
    action: 'admin',
    response: z.object({ items: z.array(roleView) }),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/roles',
    summary: 'Create a named role',
    action: 'admin',
    body: z.strictObject({
      name: accessRoleName,
      description: z.string().max(1000).default(''),
    }),
    response: roleView,
    status: 201,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/api/v1/roles/:name',
    summary: 'Delete a named role',
    action: 'admin',
    params: roleParams,
    response: empty,
  }),
  addMember: endpoint({
    method: 'PUT',
    path: '/api/v1/roles/:name/members/:username',
    summary: 'Add a user to a role',
    action: 'admin',
    params: z.strictObject({ name: accessRoleName, username }),
    response: roleView,
  }),
  removeMember: endpoint({
    method: 'DELETE',
    path: '/api/v1/roles/:name/members/:username',
    summary: 'Take a user out of a role',
    action: 'admin',
    params: z.strictObject({ name: accessRoleName, username }),
    response: roleView,
  }),
  grant: endpoint({
    method: 'PUT',
    path: '/api/v1/roles/:name/permissions',
    summary: 'Give a role a permission',
    action: 'admin',
    params: roleParams,
    body: grantBody,
    response: roleView,
  }),
  revoke: endpoint({
    method: 'DELETE',
    path: '/api/v1/roles/:name/permissions',
    summary: 'Take a permission from a role',
    action: 'admin',
    params: roleParams,
    query: z.strictObject(resource),
    response: roleView,
  }),
} as const
