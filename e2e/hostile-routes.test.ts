import { auditApi, ownApis, systemApi } from '@kaizen/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barrage, volley } from './hostile/barrage.ts'
import { hostileTexts } from './hostile/mutations.ts'
import { attackedRoutes, attacksOn, declaredRoutes, withBody } from './hostile/route-attacks.ts'
import { Target } from './hostile/target.ts'

const routes = attackedRoutes(ownApis, {
  data: { name: 'sales', version: 1, format: 'csv' },
  models: { name: 'identity', version: 1, alias: 'champion' },
  pipelines: { name: 'fit' },
  serving: { name: 'identity' },
  predictionLog: { name: 'identity' },
  monitoring: { name: 'watch', metric: 'performance:mae' },
  continual: { name: 'renew' },
  approvals: { name: 'identity', version: 1 },
  cards: { name: 'identity', version: 1 },
  signatures: { name: 'identity', version: 1 },
  lineage: { name: 'identity', version: 1 },
  batch: { name: 'identity', version: 1, format: 'csv' },
  monitorExports: { name: 'watch', metric: 'performance:mae' },
  monitorProfiles: { name: 'watch' },
  projects: { name: 'hostile' },
})
const declared = declaredRoutes(routes)
const attacked = routes.map((route) => [route.name, attacksOn(route, declared)] as const)
const seed = 20_110_401

describe('hostile input on every route of the own API', () => {
  let target: Target
  beforeAll(async () => {
    target = await Target.start()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it.each(attacked)('%s refuses what its contract refuses, and nothing changes', async (_, all) => {
    const before = await target.events()
    const refused = all.filter((attack) => attack.refused)
    expect(await barrage(target.wire, refused)).toEqual([])
    expect(await target.events()).toBe(before)
  })

  it.each(attacked)('%s answers the rest without a fault', async (_, all) => {
    const admitted = all.filter((attack) => !attack.refused)
    expect(await barrage(target.wire, admitted)).toEqual([])
  })

  it('any JSON at any route that reads some', async () => {
    const readers = routes.filter(({ endpoint }) => endpoint.body !== undefined)
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('name', 'to', 'items', ...hostileTexts), fc.jsonValue()),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...readers), anything, async (route, body) => {
        const sent = withBody(route, 'any JSON', JSON.stringify(body))
        expect(await volley(target.wire, sent)).toEqual([])
      }),
      { seed, numRuns: 400 },
    )
  })

  it('leaves the server whole', async () => {
    expect((await target.client.call(systemApi.ready)).ready).toBe(true)
    expect(await target.client.call(auditApi.verify)).toMatchObject({ ok: true, problem: null })
    expect(({} as { readonly admin?: boolean }).admin).toBeUndefined()
  })
})
