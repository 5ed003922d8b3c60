import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditApi, type ManifestInput, projectApi, servingApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { expect, it } from 'vitest'
import { startServer } from './server.ts'

const manifest = (parts: Partial<ManifestInput>): ManifestInput => ({
  kaizen: 1,
  project: 'shop',
  datasets: [],
  pipelines: [],
  endpoints: [],
  monitors: [],
  policies: [],
  bundle: [],
  ...parts,
})

it('plans show what was changed and deleted by hand, applying takes it back, and what holds data stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-plan-'))
  const server = await startServer({ dataDir: folder, port: 0 })
  try {
    const client = createClient({ baseUrl: server.address })
    const declared = manifest({
      endpoints: [{ name: 'price', model: 'price' }],
      datasets: [{ name: 'sales', rules: [{ column: 'sold', min: 0 }] }],
      monitors: [{ name: 'watch', endpoint: 'price' }],
    })
    const kinds = async (of: ManifestInput) => {
      const { changes } = await client.call(projectApi.plan, { body: of })
      return Object.fromEntries(changes.map(({ object, kind }) => [object, kind]))
    }
    const apply = (of: ManifestInput) =>
      client.call(projectApi.apply, { body: { manifest: of, reason: 'test' } })

    expect(Object.values(await kinds(declared))).toEqual(['create', 'create', 'create'])
    expect((await apply(declared)).revision).toBe(1)
    expect(Object.values(await kinds(declared))).toEqual(['keep', 'keep', 'keep'])
    expect((await apply(declared)).revision).toBe(1)

    await client.call(servingApi.remove, { params: { name: 'price' } })
    expect(await kinds(declared)).toMatchObject({ 'endpoint:price': 'create' })
    await client.call(servingApi.create, { body: { name: 'price', model: 'other' } })
    expect((await client.call(projectApi.plan, { body: declared })).changes).toContainEqual({
      object: 'endpoint:price',
      kind: 'drifted',
      fields: [{ path: 'model', before: 'other', after: 'price' }],
      note: 'changed by hand since it was applied',
    })
    expect((await apply(declared)).revision).toBe(2)
    expect(await client.call(servingApi.get, { params: { name: 'price' } })).toMatchObject({
      model: 'price',
    })
    expect(Object.values(await kinds(declared))).toEqual(['keep', 'keep', 'keep'])

    // Settings made by hand are nobody's business until the project declares some; then they are its own.
    const byHand = { params: { name: 'price' }, body: { validation: 'coerce' as const } }
    await client.call(servingApi.setSettings, byHand)
    expect(await kinds(declared)).toMatchObject({ 'endpoint:price': 'keep' })
    const strict = manifest({
      ...declared,
      endpoints: [{ name: 'price', model: 'price', settings: { validation: 'strict' } }],
    })
    expect((await client.call(projectApi.plan, { body: strict })).changes).toContainEqual({
      object: 'endpoint:price',
      kind: 'change',
      fields: [{ path: 'settings.validation', before: 'coerce', after: 'strict' }],
    })
    await apply(strict)
    expect(await client.call(servingApi.get, { params: { name: 'price' } })).toMatchObject({
      settings: { validation: 'strict' },
    })
    expect(Object.values(await kinds(strict))).toEqual(['keep', 'keep', 'keep'])
    await client.call(servingApi.setSettings, byHand)
    expect(await kinds(strict)).toMatchObject({ 'endpoint:price': 'drifted' })
    await apply(strict)

    // A declared router waits for a route with the arms that it names.
    const ab = { kind: 'ab' as const, baseline: 'champion', reward: { kind: 'correct' as const } }
    const tested = manifest({
      ...declared,
      endpoints: [
        { name: 'price', model: 'price', settings: { validation: 'strict' }, router: ab },
      ],
    })
    expect(await kinds(tested)).toMatchObject({ 'endpoint:price': 'change' })
    await apply(tested)
    expect(Object.values(await kinds(tested))).toEqual(['keep', 'keep', 'keep'])
    expect(await client.call(servingApi.get, { params: { name: 'price' } })).toMatchObject({
      router: { kind: 'weighted' },
      routerDue: ab,
    })
    const wrong = {
      ...tested,
      endpoints: [{ name: 'price', model: 'price', router: { kind: 'dice' } }],
    }
    await expect(kinds(wrong as unknown as ManifestInput)).rejects.toThrow(/router/)
    await apply(strict)

    const nothing = manifest({})
    expect(await kinds(nothing)).toEqual({
      'dataset:sales': 'release',
      'endpoint:price': 'release',
      'monitor:watch': 'remove',
    })
    await apply(nothing)
    expect(await client.call(servingApi.get, { params: { name: 'price' } })).toMatchObject({
      name: 'price',
    })
    expect(await client.call(auditApi.verify)).toMatchObject({ ok: true })
  } finally {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
})

it('keeps the state of the code with the revision, and plans no change for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-plan-'))
  const server = await startServer({ dataDir: folder, port: 0 })
  try {
    const client = createClient({ baseUrl: server.address })
    const datasets = [{ name: 'sales' }]
    const source = { commit: 'a1'.repeat(20), branch: 'main', dirty: false, name: 'kaizen.ts' }
    const later = { ...source, commit: 'b2'.repeat(20), dirty: true }
    const apply = (of: ManifestInput) =>
      client.call(projectApi.apply, { body: { manifest: of, reason: 'test' } })
    const kept = async () =>
      (await client.call(projectApi.get, { params: { name: 'shop' } })).manifest.source

    await apply(manifest({ datasets, source }))
    expect(await kept()).toEqual(source)
    const again = await apply(manifest({ datasets, source: later }))
    expect(again.changes.map(({ kind }) => kind)).toEqual(['keep'])
    expect(again.revision).toBe(2)
    expect(await kept()).toEqual(later)
    expect((await apply(manifest({ datasets, source: later }))).revision).toBe(2)

    const wrong = manifest({ datasets, source: { ...source, commit: 'HEAD; rm -rf .' } })
    await expect(apply(wrong)).rejects.toThrow(/commit/)
  } finally {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
})
