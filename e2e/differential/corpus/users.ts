import type { Random } from '../random.ts'
import { got, post, type Step, sent, v3 } from '../step.ts'
import { withSpoilt } from './spoil.ts'

/** Of at least twelve characters, and the same for everyone of the corpus. */
const password = 'correct horse battery'

const basic = (name: string, secret: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
})

/** The step as a user sends it; what has no user is sent by the administrator. */
const by = (name: string, step: Step, secret = password): Step => ({
  ...step,
  headers: { ...step.headers, ...basic(name, secret) },
})

const within = (workspace: string, step: Step): Step => ({
  ...step,
  headers: { ...step.headers, 'x-mlflow-workspace': workspace },
})

const given = ['READ', 'USE', 'EDIT', 'MANAGE'] as const
const levels = [...given, 'DENY'] as const

/** Users, what they may do with each other's things, roles, and workspaces. */
export const userSteps = (random: Random): readonly Step[] => [
  ...withSpoilt(random, 0.3, accountSteps()),
  ...resourceSteps(),
  ...[random.of(given), 'DENY'].flatMap((permission) => grantSteps(random, permission)),
  ...withSpoilt(random, 0.2, roleSteps(random)),
  ...workspaceSteps(random),
  ...endSteps(),
  ...exceptionsOfUsers(),
]

const modelOfDan = 'model of dan'
const bobAtDans = {
  username: 'bob',
  resource_type: 'registered_model',
  resource_id: modelOfDan,
}

/** What chance seldom asks, at the end: what one server alone takes is seen by nothing that follows. */
const exceptionsOfUsers = (): readonly Step[] => [
  by('root-2', post('users/create', { username: 'dan', password })),
  by('dan', sent('PATCH', 'users/update-admin', { username: 'root-2', is_admin: 'perhaps' })),
  by('dan', post('registered-models/create', { name: modelOfDan })),
  by('dan', post(`${v3}/users/permissions/grant`, { ...bobAtDans, permission: 'READ' })),
  by('bob', got(`${v3}/users/permissions/get`, bobAtDans)),
  post('users/create', { username: 'a name/with a slash', password }),
  post('roles/create', { name: 'of no workspace' }),
]

const accountSteps = (): readonly Step[] => [
  post('users/create', { username: 'root-2', password }),
  sent('PATCH', 'users/update-admin', { username: 'root-2', is_admin: true }),
  ...['ann', 'bob', 'cat'].map((username) => post('users/create', { username, password })),
  post('users/create', { username: 'ann', password }),
  post('users/create', { username: 'tim', password: 'short' }),
  got('users/get', { username: 'ann' }),
  got('users/get', { username: 'nobody' }),
  by('ann', got('users/get', { username: 'ann' })),
  by('ann', got('users/get', { username: 'bob' })),
  by('ann', got('users/current')),
  by('ann', got('users/list')),
  got('users/list'),
  by('ann', post('users/create', { username: 'tim', password })),
  by('ann', sent('PATCH', 'users/update-admin', { username: 'ann', is_admin: true })),
  by('ann', sent('PATCH', 'users/update-password', { username: 'bob', password })),
  by('ann', sent('DELETE', 'users/delete', { username: 'bob' })),
  by('ann', got('users/current'), 'not her password'),
  by('nobody', got('users/current')),
  got('experiments/search', { max_results: 10 }, { headers: { authorization: 'Basic !' } }),
]

const resourceSteps = (): readonly Step[] => [
  by('ann', post('experiments/create', { name: 'of ann' }, { bind: { ofAnn: 'experiment_id' } })),
  by(
    'ann',
    post(
      'runs/create',
      { experiment_id: '<ofAnn>', start_time: 1, run_name: 'r' },
      { bind: { runOfAnn: 'run.info.run_id' } },
    ),
  ),
  by('ann', post('registered-models/create', { name: 'model of ann' })),
  by('ann', post('model-versions/create', { name: 'model of ann', source: 's3://b/1' })),
]

/** What bob is let do, once ann has given him a level, and what of her things he sees. */
const grantSteps = (random: Random, permission: string): readonly Step[] => {
  const to = (kind: string, id: string) => ({
    username: 'bob',
    resource_type: kind,
    resource_id: id,
  })
  const things = [to('experiment', '<ofAnn>'), to('registered_model', 'model of ann')]
  return [
    ...[...things, things[0]].map((thing) =>
      by('ann', post(`${v3}/users/permissions/grant`, { ...thing, permission })),
    ),
    by(
      'bob',
      post(`${v3}/users/permissions/grant`, { ...random.of(things), permission: 'MANAGE' }),
    ),
    by('ann', post(`${v3}/users/permissions/grant`, { ...random.of(things), permission: 'GOD' })),
    by('ann', post(`${v3}/users/permissions/grant`, { ...to('galaxy', '1'), permission })),
    ...things.map((thing) => by('bob', got(`${v3}/users/permissions/get`, thing))),
    by('bob', got(`${v3}/users/permissions/list`, { username: 'bob' })),
    by('bob', got(`${v3}/users/permissions/list`, { username: 'ann' })),
    by('bob', got(`${v3}/users/current/permissions`)),
    ...attempts(random).map((step) => by('bob', step)),
    ...things.map((thing) => by('ann', post(`${v3}/users/permissions/revoke`, thing))),
    by('ann', post(`${v3}/users/permissions/revoke`, random.of(things))),
    ...things.map((thing) => by('bob', got(`${v3}/users/permissions/get`, thing))),
  ]
}

const attempts = (random: Random): readonly Step[] => [
  got('experiments/get', { experiment_id: '<ofAnn>' }),
  got('experiments/get-by-name', { experiment_name: 'of ann' }),
  got('runs/get', { run_id: '<runOfAnn>' }),
  post('runs/log-parameter', { run_id: '<runOfAnn>', key: `p${random.below(1e6)}`, value: 'v' }),
  post('runs/log-batch', { run_id: '<runOfAnn>', tags: [{ key: 'by', value: 'bob' }] }),
  post('runs/set-tag', { run_id: '<runOfAnn>', key: 'k', value: 'v' }),
  post('runs/search', { experiment_ids: ['<ofAnn>'] }),
  post('experiments/set-experiment-tag', { experiment_id: '<ofAnn>', key: 'k', value: 'v' }),
  got('artifacts/list', { run_id: '<runOfAnn>' }),
  got('registered-models/get', { name: 'model of ann' }),
  post('registered-models/set-tag', { name: 'model of ann', key: 'k', value: 'v' }),
  post('registered-models/alias', { name: 'model of ann', alias: 'a', version: '1' }),
  got('registered-models/alias', { name: 'model of ann', alias: 'a' }),
  got('model-versions/get', { name: 'model of ann', version: '1' }),
  got('registered-models/search', { filter: "name = 'model of ann'" }),
  got('model-versions/search', { filter: "name = 'model of ann'" }),
  post('runs/delete', { run_id: '<runOfAnn>' }),
  post('runs/restore', { run_id: '<runOfAnn>' }),
]

const roleSteps = (random: Random): readonly Step[] => {
  const role = { role_id: '<writers>' }
  const at = (path: string): string => `${v3}/${path}`
  return [
    post(
      at('roles/create'),
      { name: 'writers', workspace: 'default', description: 'may write' },
      { bind: { writers: 'role.id' } },
    ),
    post(at('roles/create'), { name: 'writers', workspace: 'default' }),
    by('ann', post(at('roles/create'), { name: 'others', workspace: 'default' })),
    got(at('roles/get'), role),
    got(at('roles/get'), { role_id: 999 }),
    sent('PATCH', at('roles/update'), { role_id: 999, name: 'x' }),
    post(at('roles/permissions/add'), {
      role_id: 999,
      resource_type: 'experiment',
      resource_pattern: '*',
      permission: random.of(levels),
    }),
    post(at('roles/assign'), { role_id: 999, username: 'cat' }),
    sent('DELETE', at('roles/delete'), { role_id: 999 }),
    got(at('users/roles/list'), { username: 'cat' }),
    got(at('users/roles/list'), { username: 'nobody' }),
    got(at('roles/list'), { workspace: 'default' }),
  ]
}

const workspaceSteps = (random: Random): readonly Step[] => {
  const name = 'team-a'
  const at = (path = ''): string => `${v3}/workspaces${path}`
  return [
    post(at(), { name, description: random.of(['', 'said']) }),
    post(at(), { name }),
    post(at(), { name: random.of(['Team', 'a', '-a', 'a_b', 'x'.repeat(64), 'a/b', '']) }),
    by('ann', post(at(), { name: 'of-ann' })),
    got(at()),
    by('ann', got(at())),
    got(at(`/${name}`)),
    got(at('/nowhere')),
    by('ann', got(at(`/${name}`))),
    sent('PATCH', at(`/${name}`), { description: 'new words' }),
    by('ann', sent('PATCH', at(`/${name}`), { description: 'hers' })),
    within('nowhere', got('experiments/search', { max_results: 5 })),
    within(name, got('experiments/search', { max_results: 5 })),
    within(
      name,
      post('experiments/create', { name: 'of ann' }, { bind: { ofTeam: 'experiment_id' } }),
    ),
    within(name, got('experiments/get-by-name', { experiment_name: 'of ann' })),
    within(name, got('experiments/get', { experiment_id: '<ofAnn>' })),
    got('experiments/get', { experiment_id: '<ofTeam>' }),
    within(name, post('registered-models/create', { name: 'model of ann' })),
    within(name, got('registered-models/search')),
    within(name, got('model-versions/search')),
    within(
      name,
      post(
        'runs/create',
        { experiment_id: '<ofTeam>', start_time: 1, run_name: 'r' },
        { bind: { runOfTeam: 'run.info.run_id' } },
      ),
    ),
    within(name, post('runs/search', { experiment_ids: ['<ofTeam>'] })),
    post('runs/search', { experiment_ids: ['<ofTeam>'] }),
    got('runs/get', { run_id: '<runOfTeam>' }),
    within(name, got('runs/get', { run_id: '<runOfAnn>' })),
    within(name, post('runs/log-parameter', { run_id: '<runOfAnn>', key: 'w', value: 'v' })),
    by('ann', within(name, got('experiments/get', { experiment_id: '<ofTeam>' }))),
    by('ann', within(name, post('experiments/create', { name: 'hers' }))),
    sent('DELETE', at('/default'), undefined),
    sent('DELETE', at(`/${name}`), undefined, {}),
    { ...sent('DELETE', at(`/${name}`), undefined), query: { mode: 'WHAT' } },
    { ...sent('DELETE', at(`/${name}`), undefined), query: { mode: 'RESTRICT' } },
    by('ann', { ...sent('DELETE', at(`/${name}`), undefined), query: { mode: 'CASCADE' } }),
    {
      ...sent('DELETE', at(`/${name}`), undefined),
      query: { mode: random.of(['CASCADE', 'SET_DEFAULT']) },
    },
    got(at(`/${name}`)),
  ]
}

const endSteps = (): readonly Step[] => [
  by('bob', sent('DELETE', 'registered-models/delete', { name: 'model of ann' })),
  by('ann', sent('DELETE', 'registered-models/delete', { name: 'model of ann' })),
  by('bob', post('experiments/delete', { experiment_id: '<ofAnn>' })),
  by('ann', post('experiments/delete', { experiment_id: '<ofAnn>' })),
  by(
    'cat',
    sent('PATCH', 'users/update-password', {
      username: 'cat',
      password: 'another good one',
      current_password: password,
    }),
  ),
  by('cat', got('users/current')),
  by('cat', got('users/current'), 'another good one'),
  sent('PATCH', 'users/update-admin', { username: 'cat', is_admin: true }),
  by('cat', got('users/get', { username: 'bob' }), 'another good one'),
  sent('DELETE', 'users/delete', { username: 'cat' }),
  by('cat', got('users/current'), 'another good one'),
  sent('DELETE', 'users/delete', { username: 'cat' }),
]
