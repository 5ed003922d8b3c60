import { z } from 'zod'
import { type Action, endpoint, type HttpMethod } from '../endpoint.ts'
import { empty } from '../shared.ts'
import {
  integer,
  message,
  requiredFlag,
  requiredInteger,
  requiredText,
  text,
  textOrEmpty,
} from './fields.ts'
import { get, mlflowV3Prefix, send } from './operation.ts'

const experimentPermission = z.object({
  experiment_id: z.string(),
  user_id: z.number().int(),
  permission: z.string(),
})
const modelPermission = z.object({
  name: z.string(),
  user_id: z.number().int(),
  permission: z.string(),
})
const user = z.object({
  id: z.number().int(),
  username: z.string(),
  is_admin: z.boolean(),
  experiment_permissions: z.array(experimentPermission).optional(),
  registered_model_permissions: z.array(modelPermission).optional(),
})
const oneUser = z.object({ user })

/** Users of MLflow's basic-auth application. */
export const mlflowUsersApi = {
  create: send(
    'POST',
    'users/create',
    'Create a user',
    { username: requiredText, password: requiredText },
    oneUser,
    'admin',
  ),
  get: get('users/get', 'Get a user', { username: requiredText }, oneUser),
  current: get('users/current', 'Get the caller', {}, oneUser),
  /** For who may make something: they name others as reviewers and owners. */
  list: endpoint({
    ...get('users/list', 'List users', {}, z.object({ users: z.array(user) })),
    action: 'edit',
  }),
  updatePassword: send(
    'PATCH',
    'users/update-password',
    'Change the password of a user',
    { username: requiredText, password: requiredText, current_password: text },
    empty,
    'view',
  ),
  updateAdmin: send(
    'PATCH',
    'users/update-admin',
    'Make a user an administrator, or no longer one',
    { username: requiredText, is_admin: requiredFlag },
    empty,
    'admin',
  ),
  delete: send(
    'DELETE',
    'users/delete',
    'Delete a user',
    { username: requiredText },
    empty,
    'admin',
  ),
} as const

const onExperiment = { experiment_id: requiredText, username: requiredText }
const oneExperimentPermission = z.object({ experiment_permission: experimentPermission })
const onModel = { name: requiredText, username: requiredText }
const oneModelPermission = z.object({ registered_model_permission: modelPermission })

/** Permissions for each resource, as clients before 3.13 call them. */
export const mlflowPermissionsApi = {
  createOfExperiment: send(
    'POST',
    'experiments/permissions/create',
    'Give a user a permission on an experiment',
    { ...onExperiment, permission: requiredText },
    oneExperimentPermission,
    'view',
  ),
  getOfExperiment: get(
    'experiments/permissions/get',
    'Get the permission of a user on an experiment',
    onExperiment,
    oneExperimentPermission,
  ),
  updateOfExperiment: send(
    'PATCH',
    'experiments/permissions/update',
    'Change the permission of a user on an experiment',
    { ...onExperiment, permission: requiredText },
    empty,
    'view',
  ),
  deleteOfExperiment: send(
    'DELETE',
    'experiments/permissions/delete',
    'Take the permission of a user on an experiment',
    onExperiment,
    empty,
    'view',
  ),
  createOfModel: send(
    'POST',
    'registered-models/permissions/create',
    'Give a user a permission on a registered model',
    { ...onModel, permission: requiredText },
    oneModelPermission,
    'view',
  ),
  getOfModel: get(
    'registered-models/permissions/get',
    'Get the permission of a user on a registered model',
    onModel,
    oneModelPermission,
  ),
  updateOfModel: send(
    'PATCH',
    'registered-models/permissions/update',
    'Change the permission of a user on a registered model',
    { ...onModel, permission: requiredText },
    empty,
    'view',
  ),
  deleteOfModel: send(
    'DELETE',
    'registered-models/permissions/delete',
    'Take the permission of a user on a registered model',
    onModel,
    empty,
    'view',
  ),
} as const

const role = z.object({
  id: z.number().int(),
  name: z.string(),
  workspace: z.string(),
  description: z.string().nullable(),
  permissions: z.array(
    z.object({
      id: z.number().int(),
      role_id: z.number().int(),
      resource_type: z.string(),
      resource_pattern: z.string(),
      permission: z.string(),
    }),
  ),
})
const rolePermission = role.shape.permissions.element
const assignment = z.object({
  id: z.number().int(),
  user_id: z.number().int(),
  role_id: z.number().int(),
})
const oneRole = z.object({ role })
const someRoles = z.object({ roles: z.array(role) })
const onePermission = z.object({ role_permission: rolePermission })

const getV3 = <Fields extends z.ZodRawShape, Response extends z.ZodType>(
  path: string,
  summary: string,
  fields: Fields,
  response: Response,
  action: Action = 'admin',
) =>
  endpoint({
    method: 'GET',
    path: `${mlflowV3Prefix}/${path}`,
    summary,
    action,
    query: message(fields),
    response,
  })

const sendV3 = <Fields extends z.ZodRawShape, Response extends z.ZodType>(
  method: HttpMethod,
  path: string,
  summary: string,
  fields: Fields,
  response: Response,
  action: Action = 'admin',
) =>
  endpoint({
    method,
    path: `${mlflowV3Prefix}/${path}`,
    summary,
    action,
    body: message(fields),
    response,
  })

const onResource = {
  username: requiredText,
  resource_type: requiredText,
  resource_id: requiredText,
}

const permissionRow = z.object({
  resource_type: z.string(),
  resource_pattern: z.string(),
  permission: z.string(),
  role_id: z.number().int().optional(),
  role_name: z.string().optional(),
})
const somePermissions = z.object({
  username: z.string(),
  is_admin: z.boolean(),
  permissions: z.array(permissionRow),
})

/** Roles and permissions of users, as clients from 3.13 on call them. */
export const mlflowRolesApi = {
  create: sendV3(
    'POST',
    'roles/create',
    'Create a role',
    { name: requiredText, workspace: text, description: textOrEmpty },
    oneRole,
  ),
  get: getV3('roles/get', 'Get a role', { role_id: requiredInteger }, oneRole),
  list: getV3('roles/list', 'List roles', { workspace: text }, someRoles),
  update: sendV3(
    'PATCH',
    'roles/update',
    'Change a role',
    { role_id: requiredInteger, name: text, description: text },
    oneRole,
  ),
  delete: sendV3('DELETE', 'roles/delete', 'Delete a role', { role_id: requiredInteger }, empty),
  addPermission: sendV3(
    'POST',
    'roles/permissions/add',
    'Give a role a permission',
    {
      role_id: requiredInteger,
      resource_type: requiredText,
      resource_pattern: requiredText,
      permission: requiredText,
    },
    onePermission,
  ),
  removePermission: sendV3(
    'DELETE',
    'roles/permissions/remove',
    'Take a permission from a role',
    { role_permission_id: requiredInteger },
    empty,
  ),
  listPermissions: getV3(
    'roles/permissions/list',
    'List permissions of a role',
    { role_id: requiredInteger },
    z.object({ role_permissions: z.array(rolePermission) }),
  ),
  updatePermission: sendV3(
    'PATCH',
    'roles/permissions/update',
    'Change a permission of a role',
    { role_permission_id: requiredInteger, permission: requiredText },
    onePermission,
  ),
  assign: sendV3(
    'POST',
    'roles/assign',
    'Add a user to a role',
    { username: requiredText, role_id: requiredInteger },
    z.object({ assignment }),
  ),
  unassign: sendV3(
    'DELETE',
    'roles/unassign',
    'Take a user out of a role',
    { username: requiredText, role_id: requiredInteger },
    empty,
  ),
  ofUser: getV3(
    'users/roles/list',
    'List roles of a user',
    { username: requiredText },
    someRoles,
    'view',
  ),
  users: getV3(
    'roles/users/list',
    'List users of a role',
    { role_id: requiredInteger, max_results: integer },
    z.object({ assignments: z.array(assignment) }),
  ),
  grant: sendV3(
    'POST',
    'users/permissions/grant',
    'Give a user a permission',
    { ...onResource, permission: requiredText },
    empty,
    'view',
  ),
  revoke: sendV3(
    'POST',
    'users/permissions/revoke',
    'Take a permission from a user',
    onResource,
    empty,
    'view',
  ),
  check: getV3(
    'users/permissions/get',
    'Get what a user may do with a resource',
    onResource,
    z.object({ allowed: z.boolean(), permission: z.string() }),
    'view',
  ),
  listOfUser: getV3(
    'users/permissions/list',
    'List permissions of a user',
    { username: requiredText },
    somePermissions,
    'view',
  ),
  listOfCaller: getV3(
    'users/current/permissions',
    'List permissions of the caller',
    {},
    somePermissions,
    'view',
  ),
} as const
