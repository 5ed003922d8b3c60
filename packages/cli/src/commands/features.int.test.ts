import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataset, entity, featureService, featureView, project, selectFeatures } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-features-cli-'))
  server = await startOwnServer(join(root, 'data'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(root, name), text)
  return join(root, name)
}

it('defines, brings in, shows, joins, pushes, compares and removes features', async () => {
  const rows = await file('rows.csv', 'id,at,orders\n7,2024-05-01,3\n8,2024-05-02,')
  await kaizen('data', 'create', 'orders', '--event-time', 'at')
  await kaizen('data', 'add', 'orders', rows)
  const joinKeys = [{ name: 'id', type: 'integer' }]
  const one = await file('one.json', JSON.stringify({ name: 'customer', joinKeys }))
  expect(await kaizen('features', 'define', one)).toMatchObject({ code: 0 })
  const view = {
    name: 'stats',
    entities: ['customer'],
    features: [{ name: 'orders', type: 'integer' }],
    source: { dataset: 'orders', eventTime: { column: 'at' } },
  }
  const defined = await kaizen('features', 'define', await file('v.json', JSON.stringify(view)))
  expect(defined.text).toContain('stats: version 1 is in force')
  const set = await file('s.json', '{"name": "all", "views": [{"view": "stats"}]}')
  expect((await kaizen('features', 'define', set)).code).toBe(0)
  expect((await kaizen('features', 'list')).text).toMatch(/stats +1 +1 +id \(integer\) +orders/)
  expect((await kaizen('features', 'list', '--services')).text).toContain('all')
  expect((await kaizen('features', 'list', '--entities')).text).toContain('customer')

  const into = await kaizen('features', 'materialize', 'stats')
  expect(into).toMatchObject({ code: 0, text: expect.stringContaining('of 2 entities') })
  expect((await kaizen('features', 'show', 'stats')).text).toContain('newest event')
  const got = await kaizen('features', 'get', 'stats:orders', '--entity', 'id=7,8,9')
  expect(got.text).toContain('STATS__ORDERS')
  expect(got.text).toMatch(/7 +3\n8 +NULL_VALUE\n9 +NOT_FOUND/)
  expect((await kaizen('features', 'check', 'stats')).code).toBe(0)

  const labels = await file('labels.csv', 'id,asked\n8,2024-05-03\n7,2024-05-03\n7,2024-01-01')
  const asked = ['--time', 'asked', '--into', 'train'] as const
  const joined = await kaizen('features', 'join', labels, '--service', 'all', ...asked)
  expect(joined.text).toContain('Version 1 of train: 3 rows')
  const again = await kaizen('features', 'join', 'train', 'stats:orders', ...asked, '--full-names')
  expect(again).toMatchObject({ code: 0, text: expect.stringContaining('Version 2 of train') })

  const line = JSON.stringify({ id: 7, at: '2024-05-01', orders: 30 })
  const pushed = await kaizen('features', 'push', 'stats', await file('p.jsonl', line))
  expect(pushed.text).toContain('1 rows taken, 1 newer')
  const differs = await kaizen('features', 'check', 'stats')
  expect(differs).toMatchObject({ code: 1, text: expect.stringMatching(/different +1/) })

  const missing = await kaizen('features', 'get', 'nobody:x', '--entity', 'id=7')
  expect(missing).toMatchObject({ code: 3, text: expect.stringContaining('no feature view named') })
  expect((await kaizen('features', 'get', 'stats:orders', '--entity', 'id')).code).toBe(2)
  expect((await kaizen('features', 'remove', 'stats')).text).toContain('needed by')
  expect((await kaizen('features', 'remove', 'all', '--service')).code).toBe(0)
  expect((await kaizen('features', 'remove', 'stats')).code).toBe(0)
  expect((await kaizen('features', 'remove', 'customer', '--entity')).code).toBe(0)
})

it('computes features on demand from what a project declares', async () => {
  await mkdir(join(root, 'node_modules/@kaizen'), { recursive: true })
  const sdk = fileURLToPath(new URL('..', import.meta.resolve('@kaizen/sdk')))
  await symlink(sdk, join(root, 'node_modules/@kaizen/sdk'))
  const code = (rule: string) => `
import { csv, dataset, entity, featureService, featureView, lookedUp, onDemandView, project } from '@kaizen/sdk'
const visits = dataset('visits', { source: csv('visits.csv'), eventTime: 'at' })
const visitor = entity('visitor', { keys: { id: 'integer' } })
const spending = featureView('spending', { entities: [visitor], source: visits, features: { spent: 'number' } })
export const risk = onDemandView('risk', {
  inputs: { amount: 'number', spent: lookedUp(spending, 'spent', { type: 'number' }) },
  features: { share: 'number' },
  run: ({ amount, spent }) => ({ share: ${rule} }),
})
export default project({ name: 'shop', featureServices: [featureService('buying', { views: [risk] })] })
`
  const shop = async (name: string, rule: string): Promise<string> => {
    const folder = join(root, name)
    await mkdir(folder)
    const rows = 'id,at,spent\n7,2024-05-01T00:00:00Z,200\n8,2024-05-01T00:00:00Z,'
    await writeFile(join(folder, 'visits.csv'), rows)
    await writeFile(join(folder, 'kaizen.ts'), code(rule))
    return folder
  }
  const first = await shop('first', 'amount === null || spent === null ? null : amount / spent')
  expect((await kaizen('plan', first)).text).toMatch(/on-demand-view:risk/)
  expect(await kaizen('apply', first)).toMatchObject({ code: 0 })
  expect((await kaizen('features', 'materialize', 'spending')).code).toBe(0)
  const listed = await kaizen('features', 'list', '--on-demand')
  expect(listed.text).toMatch(/risk +1 +1 +id \(integer\), amount \(number\) +shop/)
  const shown = await kaizen('features', 'show', 'risk', '--on-demand')
  expect(shown.text).toMatch(/kaizen\.ts, risk[\s\S]*spent +number +spending:spent/)
  const ask = ['features', 'get', '--service', 'buying', '--entity', 'id=7,8'] as const
  const got = await kaizen(...ask, '--value', 'amount=50,50')
  expect(got.text).toMatch(/7 +0\.25\n8 +NULL_VALUE/)
  expect((await kaizen(...ask)).text).toContain('the value "amount" is missing')
  expect((await kaizen(...ask, '--value', 'amount')).code).toBe(2)
  const same = await kaizen('plan', first, '--json')
  expect(same.text).toMatch(/"object":\s*"on-demand-view:risk",\s*"kind":\s*"keep"/)
  expect(await kaizen('apply', await shop('second', '7'))).toMatchObject({ code: 0 })
  expect((await kaizen(...ask, '--value', 'amount=1,1')).text).toMatch(/7 +7\n8 +7/)
  expect((await kaizen('features', 'show', 'buying', '--service')).text).toMatch(/risk +all/)
  expect((await kaizen('features', 'show', 'visitor', '--entity')).text).toContain('id (integer)')
  const gone = await kaizen('features', 'remove', 'risk', '--on-demand')
  expect(gone.text).toContain('needed by the feature service buying')
}, 60_000)

it('declares in a project what a service needs, without listing it', () => {
  const orders = dataset('orders', { eventTime: 'at' })
  const customer = entity('customer', { keys: { id: 'integer' } })
  const stats = featureView('stats', {
    entities: [customer],
    source: orders,
    features: { orders: 'integer', segment: { type: 'string', column: 'seg' } },
  })
  const service = featureService('churn', {
    views: [selectFeatures(stats, { features: ['segment'], as: 'buyer', keys: { id: 'buyer' } })],
  })
  const { datasets, entities, featureViews } = project({ name: 'p', featureServices: [service] })
  expect([datasets, entities, featureViews]).toEqual([[orders], [customer], [stats]])
  expect(stats.declaration).toMatchObject({
    entities: ['customer'],
    source: { dataset: 'orders', eventTime: { column: 'at' } },
    features: [
      { name: 'orders', type: 'integer' },
      { name: 'segment', type: 'string', column: 'seg' },
    ],
  })
  expect(service.declaration.views).toEqual([
    { view: 'stats', as: 'buyer', keys: { id: 'buyer' }, features: ['segment'] },
  ])
})
