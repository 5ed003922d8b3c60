import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessRuleOf, type Endpoint } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Caller } from './permissions/caller.ts'
import { type Holding, makeHolding } from './permissions/holding.ts'
import { allRoutes, callOf, named, namesIn, namesUsed, partsOf } from './permissions/route-table.ts'
import { TestServer } from './test-program.ts'

const token = 'first-token-of-the-operator'
const password = 'correct horse battery'
const basic = (username: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

let folder: string
let server: TestServer
let admin: Caller
let secret: Holding
let own: Holding
const users = ['stranger', 'denied', 'onlooker', 'reader', 'writer', 'manager', 'insider']
const caller = (name: string): Caller => new Caller(name, server.address, basic(name))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-permissions-'))
  server = await TestServer.start(
    ['--auth', '--default-permission', 'NONE', '--data-dir', join(folder, 'data')],
    { env: { KAIZEN_ADMIN_TOKEN: token } },
  )
  admin = new Caller('admin', server.address, `Bearer ${token}`)
  for (const username of users) {
    const role = username === 'onlooker' ? 'viewer' : 'editor'
    const made = await admin.send({
      method: 'POST',
      path: '/api/v1/users',
      body: { username, password, role },
    })
    expect(made.status).toBe(201)
  }
  secret = await makeHolding(admin, 'secret')
  own = await makeHolding(admin, 'insider')
  await grantOn(secret, { denied: 'DENY', reader: 'READ', writer: 'EDIT', manager: 'MANAGE' })
  await grantOn(own, { insider: 'MANAGE' })
  await grant('denied', 'experiment', '*', 'MANAGE')
  await grant('denied', 'registered_model', '*', 'MANAGE')
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function grantOn(
  holding: Holding,
  permissions: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [username, permission] of Object.entries(permissions)) {
    await grant(username, 'experiment', holding.experimentId, permission)
    await grant(username, 'registered_model', holding.modelName, permission)
  }
}

async function grant(
  username: string,
  kind: string,
  id: string,
  permission: string,
): Promise<void> {
  const path = `/api/v1/users/${username}/permissions`
  const { status, text } = await admin.send({ method: 'PUT', path, body: { kind, id, permission } })
  expect({ status, text }).toMatchObject({ status: 200 })
}

/** What an answer tells of a holding that its request did not name. */
function leaks(holding: Holding, asked: string, text: string): readonly string[] {
  const { word, experimentId, experimentName, runId, modelId, modelName, traceId, datasetId } =
    holding
  const found = [word, experimentName, runId, modelId, modelName, traceId, datasetId]
  return [...found, `experiment:${experimentId}`].filter(
    (told) => text.includes(told) && !decodeURIComponent(asked).includes(told),
  )
}

const atOnce = 8

/** Asks every route about the holding, and tells which answers say of it what only readers may know. */
async function askAll(who: Caller, holding: Holding) {
  const told: string[] = []
  let read = 0
  const ask = async (endpoint: Endpoint): Promise<void> => {
    const names = namesIn(endpoint.path, holding)
    const call = callOf(endpoint, partsOf(endpoint, names), names)
    const { status, text } = await who.send(call)
    if (status < 300 && text.includes(holding.word)) read++
    if (status >= 500) told.push(`${named(endpoint)}: ${status} ${text}`)
    // Whom it is denied to is told that it is denied.
    if (/users\/current/.test(endpoint.path)) return
    const leaked = leaks(holding, JSON.stringify(call), text)
    if (leaked.length > 0) told.push(`${named(endpoint)} tells ${leaked.join()}`)
  }
  for (let first = 0; first < allRoutes.length; first += atOnce) {
    await Promise.all(allRoutes.slice(first, first + atOnce).map(ask))
  }
  return { told, read }
}

/** Routes whose rule asks more than to edit. */
const ofManagers = allRoutes.filter((endpoint) => {
  const rule = accessRuleOf(endpoint)
  return rule.kind === 'resources' && rule.references.some(({ level }) => level === 'MANAGE')
})

describe('every route, asked about an experiment and a model', () => {
  it.each(['stranger', 'denied', 'onlooker'])(
    'tells %s nothing of them, and changes nothing',
    async (name) => {
      const before = await secret.state()
      const { told } = await askAll(caller(name), secret)
      expect(told).toEqual([])
      expect(await secret.state()).toBe(before)
    },
    60_000,
  )

  it('answers 401 to whoever says no name, but where it is public', async () => {
    const nobody = new Caller('nobody', server.address)
    for (const endpoint of allRoutes.filter(({ action }) => action !== 'public')) {
      const names = namesIn(endpoint.path, secret)
      const { status, text } = await nobody.send(callOf(endpoint, partsOf(endpoint, names), names))
      // Feast's clients know a refusal by its class alone.
      expect(`${named(endpoint)} ${status} ${text}`).toMatch(/ 401 | 403 .*FeastPermissionError/)
    }
  }, 60_000)

  it('shows it to readers, who change nothing', async () => {
    const before = await secret.state()
    const { read } = await askAll(caller('reader'), secret)
    expect(read).toBeGreaterThan(30)
    expect(await secret.state()).toBe(before)
  }, 60_000)

  it('lets editors change it, and not end it or give it away', async () => {
    const writer = caller('writer')
    for (const endpoint of ofManagers) {
      const names = namesIn(endpoint.path, secret)
      const { status } = await writer.send(callOf(endpoint, partsOf(endpoint, names), names))
      expect({ route: named(endpoint), status }).toMatchObject({ status: 403 })
    }
    const tag = { run_id: secret.runId, key: 'k', value: 'v' }
    const path = '/api/2.0/mlflow/runs/set-tag'
    expect((await writer.send({ method: 'POST', path, body: tag })).status).toBe(200)
    expect((await caller('reader').send({ method: 'POST', path, body: tag })).status).toBe(403)
  })

  it("tells who manages another nothing, when a single field names this one's", async () => {
    const before = await secret.state()
    const insider = caller('insider')
    const told: string[] = []
    let mixed = 0
    for (const endpoint of allRoutes) {
      const names = namesIn(endpoint.path, own)
      const theirs = namesIn(endpoint.path, secret)
      for (const field of namesUsed(partsOf(endpoint, names), names)) {
        for (const value of replacements(names[field], theirs[field])) {
          const spoilt = { ...names, [field]: value }
          const call = callOf(endpoint, partsOf(endpoint, spoilt), spoilt)
          const { text } = await insider.send(call)
          mixed++
          const leaked = leaks(secret, JSON.stringify(call), text)
          if (leaked.length > 0) told.push(`${field} of ${named(endpoint)} tells ${leaked.join()}`)
        }
      }
    }
    expect(told).toEqual([])
    expect(mixed).toBeGreaterThan(150)
    expect(await secret.state()).toBe(before)
  }, 60_000)

  it('refuses tokens whose role is less than its own', async () => {
    let refused = 0
    const order = ['viewer', 'editor', 'admin'] as const
    for (const role of ['viewer', 'editor'] as const) {
      const made = await admin.send({
        method: 'POST',
        path: '/api/v1/tokens',
        body: { name: role, role },
      })
      const holder = new Caller(role, server.address, `Bearer ${JSON.parse(made.text).secret}`)
      const above = order.slice(order.indexOf(role) + 1)
      for (const endpoint of allRoutes.filter(({ action }) =>
        above.some((more) => more === action),
      )) {
        const names = namesIn(endpoint.path, secret)
        const { status, text } = await holder.send(
          callOf(endpoint, partsOf(endpoint, names), names),
        )
        if (status === 403) refused++
        // What breaks the contract of its route is told so before anybody asks who sent it.
        const isBroken = status === 400 && /INVALID|BAD_REQUEST/.test(text)
        expect(`${role} ${named(endpoint)} ${isBroken ? 403 : status} ${text}`).toMatch(/ 403 /)
      }
    }
    expect(refused).toBeGreaterThan(70)
  }, 60_000)

  it('lets managers end it', async () => {
    const manager = caller('manager')
    const end = (method: string, path: string, body: unknown) =>
      manager.send({ method, path, body })
    const v2 = '/api/2.0/mlflow'
    const ended = [
      await end('POST', `${v2}/runs/delete`, { run_id: secret.runId }),
      await end('DELETE', `${v2}/registered-models/delete`, { name: secret.modelName }),
      await end('POST', `${v2}/experiments/delete`, { experiment_id: secret.experimentId }),
    ]
    expect(ended.map(({ status }) => status)).toEqual([200, 200, 200])
  })
})

/** The other's name in place of one's own; of a list both as well. */
const replacements = (mine: unknown, theirs: unknown): readonly unknown[] =>
  Array.isArray(mine) && Array.isArray(theirs) ? [theirs, [...mine, ...theirs]] : [theirs]
