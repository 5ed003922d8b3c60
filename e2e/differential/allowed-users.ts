import { type Allowed, inAnswer, statuses } from './allowed-rules.ts'

/** What differs besides between servers that know their callers. */
export const allowedWithUsers: readonly Allowed[] = [
  {
    reason: 'Who may not do something is told so in the error shape of the protocol.',
    matches: ({ place, mlflow, kaizen }) =>
      place === 'error_code' &&
      mlflow === undefined &&
      ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'INVALID_PARAMETER_VALUE'].includes(String(kaizen)),
  },
  {
    reason: "A user's permissions are told with the user too, as clients before 3.13 read them.",
    matches: inAnswer(/^user\.(experiment|registered_model)_permissions$/, /\/users\//),
  },
  {
    reason: 'Permissions are told with whose they are.',
    matches: inAnswer(/^username$/, /\/permissions(\/list)?$/),
  },
  {
    reason: "Whether passwords are in use is asked by MLflow's own pages alone.",
    matches: inAnswer(/^is_basic_auth$/),
  },
  {
    reason:
      'The administrator of these tests is a token, and a user of MLflow; roles are told where they are asked for.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'users.length' &&
      path.endsWith('/users/list') &&
      JSON.stringify(mlflow).includes('"username":"admin"'),
  },
  {
    reason: 'A permission of a user is its own, and of no role that is made for one user.',
    matches: ({ place, mlflow, kaizen }, { path }) =>
      (/^permissions\[\]\.(role_id|role_name|workspace)$/.test(place) && kaizen === undefined) ||
      (/\/(users\/)?roles\/list$/.test(path) && JSON.stringify(mlflow).includes('"__user_')),
  },
  {
    reason: 'Granting what is held already changes nothing.',
    matches: ({ place, mlflow, kaizen }, { path }) =>
      place === 'status' &&
      String(mlflow).includes('already exists') &&
      String(kaizen).startsWith('200') &&
      path.endsWith('/permissions/grant'),
  },
  {
    reason: 'What is denied and what was never given are both no permission.',
    matches: ({ place, mlflow, kaizen }) =>
      place === 'permission' && mlflow === 'DENY' && kaizen === 'NO_PERMISSIONS',
  },
  {
    reason: "A user's own permission holds, also where it is lower than what everybody has.",
    matches: ({ place, mlflow, kaizen }, { path }) =>
      path.endsWith('/permissions/get') &&
      ((place === 'allowed' && mlflow === true && kaizen === false) ||
        (place === 'permission' && mlflow === 'USE' && kaizen === 'READ')),
  },
  {
    reason: 'Files lie under the id of their experiment, which no two workspaces share.',
    matches: ({ place, mlflow }) =>
      /(artifact_uri|artifact_location|root_uri)$/.test(place) &&
      String(mlflow).startsWith('mlflow-artifacts:/workspaces/'),
  },
  {
    reason: 'A search of what may not be seen, or lies in another workspace, is refused.',
    matches: (difference, step) =>
      statuses(200, 403, /needs the permission READ/, /\/search$/)(difference, step) ||
      statuses(200, 404, /not found in workspace/, /\/search$/)(difference, step),
  },
  {
    reason: 'A workspace has a description when somebody wrote one.',
    matches: ({ place, kaizen }) =>
      /^workspaces?(\[\])?\.description$/.test(place) && kaizen === undefined,
  },
  {
    reason: 'What is malformed is said before it is asked who may do it.',
    matches: statuses(403, 400, /Invalid value for parameter/),
  },
  {
    reason: 'Names of users are of letters, digits and a few signs.',
    matches: statuses(200, 400, /use 1 to 128 letters/, /\/users\/create$/),
  },
  {
    reason: 'A role is made in the workspace of the call, unless another is named.',
    matches: ({ place }, { path, body }) =>
      (place === 'error_code' || place === 'status') &&
      path.endsWith('/roles/create') &&
      (body as { readonly workspace?: unknown } | undefined)?.workspace === undefined,
  },
  {
    reason: 'What is left out or malformed is said before it is looked for.',
    matches: (difference, step) =>
      statuses(404, 400, /required parameter/)(difference, step) ||
      statuses(404, 400, /expected text, got/)(difference, step) ||
      statuses(403, 400, /required parameter/)(difference, step),
  },
]
