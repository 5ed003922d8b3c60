import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { python, startMlflow } from './mlflow-server.ts'
import { kaizen, TestServer } from './test-program.ts'

const password = 'correct horse battery'
const operator = 'first-token-of-the-operator'
const asAdmin = { MLFLOW_TRACKING_USERNAME: 'admin', MLFLOW_TRACKING_PASSWORD: password }
const asOperator = { MLFLOW_TRACKING_TOKEN: operator }

async function script(
  name: string,
  url: string,
  who: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const path = fileURLToPath(new URL(`./python/${name}`, import.meta.url))
  const { stdout } = await promisify(execFile)(python, [path, url], {
    env: { ...process.env, MLFLOW_TRACKING_URI: url, GIT_PYTHON_REFRESH: 'quiet', ...who },
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

const copied = async (command: readonly string[]) => {
  const env = { KAIZEN_TOKEN: operator }
  const { code, stdout, stderr } = await kaizen([...command, '--json'], { env })
  expect(stderr + (code === 0 ? '' : stdout)).toBe('')
  expect(code).toBe(0)
  for (const secret of [password, 'scrypt:', 'signing-secret']) expect(stdout).not.toContain(secret)
  return JSON.parse(stdout) as {
    readonly counts: Record<string, number>
    readonly failures: readonly unknown[]
    readonly notes: readonly { readonly what: string; readonly why: string }[]
  }
}

const basic = (username: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** What a server answers to a caller: the status alone where it refuses. */
async function ask(url: string, authorization: string, path: string, body?: object) {
  const answer = await fetch(`${url}/api/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return answer.ok ? ((await answer.json()) as unknown) : answer.status
}

/** Two users, a role and its permissions, a webhook: what an administrator of MLflow leaves behind. */
async function addUsersAndWebhook(url: string) {
  const made = async (path: string, body: object) => {
    const answer = await ask(url, basic('admin'), path, body)
    expect(answer, path).toEqual(expect.any(Object))
    return answer
  }
  for (const username of ['ann', 'bob'])
    await made('2.0/mlflow/users/create', { username, password })
  const found = await ask(
    url,
    basic('admin'),
    '2.0/mlflow/experiments/get-by-name?experiment_name=takeover',
  )
  const resource_id = (found as { readonly experiment: { readonly experiment_id: string } })
    .experiment.experiment_id
  const own = { username: 'ann', resource_type: 'experiment', resource_id, permission: 'MANAGE' }
  await made('3.0/mlflow/users/permissions/grant', own)
  const { role } = (await made('3.0/mlflow/roles/create', {
    name: 'risk',
    workspace: 'default',
    description: 'looks at models',
  })) as { readonly role: { readonly id: number } }
  for (const [resource_type, permission] of [
    ['registered_model', 'EDIT'],
    ['scorer', 'READ'],
  ]) {
    const grant = { role_id: role.id, resource_type, resource_pattern: '*', permission }
    await made('3.0/mlflow/roles/permissions/add', grant)
  }
  await made('3.0/mlflow/roles/assign', { role_id: role.id, username: 'bob' })
  await made('2.0/mlflow/webhooks', {
    name: 'told',
    url: 'https://93.184.216.34/hook',
    events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    secret: 'signing-secret',
  })
}

it('takes an MLflow server over and hands it back, with nothing missing and nothing doubled', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-copy-test-'))
  const other = await mkdtemp(join(tmpdir(), 'kaizen-copy-test-'))
  const users = { adminPassword: password }
  const [filled, empty] = await Promise.all([startMlflow(folder, users), startMlflow(other, users)])
  await using old = filled
  await using fresh = empty
  await script('mlflow_fill.py', old.url, asAdmin)
  await addUsersAndWebhook(old.url)
  const before = await script('mlflow_read.py', old.url, asAdmin)

  const settings = ['--data-dir', join(folder, 'kaizen'), '--auth']
  await using server = await TestServer.start(settings, { env: { KAIZEN_ADMIN_TOKEN: operator } })
  const withPassword = (url: string) =>
    url.replace('//', `//admin:${encodeURIComponent(password)}@`)
  const taking = [
    ...['import', 'mlflow', '--from', withPassword(old.url), '--server', server.address],
    ...['--auth-database', `sqlite:///${folder}/auth.db`],
  ]
  const taken = await copied(taking)
  expect(taken.counts).toMatchObject({
    runs: 6,
    'metric points': 3 * 1201 + 1,
    'metric points of logged models': 1,
    'models that runs took': 1,
    scorers: 1,
    'versions of scorers': 2,
    'logged models': 1,
    prompts: 1,
    traces: 1,
    spans: 2,
    assessments: 3,
    'evaluation data sets': 1,
    users: 3,
    roles: 1,
    'members of roles': 1,
    webhooks: 1,
  })
  expect(taken.notes).toEqual([
    {
      what: 'permission of role "risk" on scorer "*"',
      why: expect.stringContaining('of this kind'),
    },
    { what: 'webhook "told"', why: expect.stringContaining('switched off') },
  ])
  const there = await script('mlflow_read.py', server.address, asOperator)
  expect(there).toEqual(before)
  const again = await copied(taking)
  expect(again.counts).toMatchObject({
    'runs already there': 6,
    'scorers already there': 1,
    'logged models already there': 1,
    'traces already there': 1,
    'evaluation data sets already there': 1,
    'users already there': 3,
    'roles already there': 1,
    'webhooks already there': 1,
  })
  for (const what of ['spans', 'artifacts', 'users', 'permissions', 'members of roles', 'webhooks'])
    expect(again.counts).not.toHaveProperty([what])
  expect(await script('mlflow_read.py', server.address, asOperator)).toEqual(before)
  await expectUsers(server.address, 'admin')
  // Who has logged in is known by a hash of Kaizen's own from then on, which MLflow cannot read.
  expect(await ask(server.address, basic('bob'), '2.0/mlflow/users/current')).toMatchObject({
    user: { username: 'bob', is_admin: false },
  })

  const handing = [
    ...['export', 'mlflow', '--to', withPassword(fresh.url), '--server', server.address],
    ...['--auth-database', `sqlite:///${other}/auth.db`],
  ]
  const handed = await copied(handing)
  expect(handed.counts).toMatchObject({ users: 2, 'users already there': 1, roles: 1, webhooks: 1 })
  expect(handed.notes).toContainEqual({
    what: 'user "bob"',
    why: expect.stringContaining('random password'),
  })
  await copied(handing)
  const after = await script('mlflow_read.py', fresh.url, asAdmin)
  // MLflow gives ids of its own; all else is as it was.
  expect({ ...after, ids: [] }).toEqual({ ...before, ids: [] })
  await expectUsers(fresh.url, 'ann')
  expect(await ask(fresh.url, basic('bob'), '2.0/mlflow/users/current')).toBe(401)
  await rm(folder, { recursive: true, force: true })
  await rm(other, { recursive: true, force: true })
}, 600_000)

/** The caller's password, the same permissions, the same members, whoever serves them. */
async function expectUsers(url: string, caller: string) {
  const answer = await ask(url, basic(caller), '3.0/mlflow/users/permissions/list?username=ann')
  const { permissions } = answer as unknown as {
    readonly permissions: readonly { readonly resource_pattern: string }[]
  }
  const found = await ask(
    url,
    basic('admin'),
    '2.0/mlflow/experiments/get-by-name?experiment_name=takeover',
  )
  const { experiment_id } = (found as { readonly experiment: { readonly experiment_id: string } })
    .experiment
  expect(permissions, 'of ann').toContainEqual(
    expect.objectContaining({ resource_pattern: experiment_id, permission: 'MANAGE' }),
  )
  const roles = await ask(url, basic('admin'), '3.0/mlflow/users/roles/list?username=bob')
  expect(roles).toMatchObject({
    roles: expect.arrayContaining([
      expect.objectContaining({
        name: 'risk',
        description: 'looks at models',
        permissions: expect.arrayContaining([
          expect.objectContaining({ resource_type: 'registered_model', permission: 'EDIT' }),
        ]),
      }),
    ]),
  })
  expect(await ask(url, basic('admin'), '2.0/mlflow/webhooks')).toMatchObject({
    webhooks: [{ name: 'told', url: 'https://93.184.216.34/hook', status: 'DISABLED' }],
  })
}

it('says who cannot be reached, and goes wrong in no other way', async () => {
  const { code, stderr } = await kaizen(['import', 'mlflow', '--from', 'http://127.0.0.1:9'])
  expect(code).toBe(6)
  expect(stderr).toContain('cannot be reached')
  const wrong = await kaizen(['import', 'mlflow', '--from', 'mysql://a/b'])
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('is not the address of a server')
})
