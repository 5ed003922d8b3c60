import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { type TestRegistry, testRegistry } from './test-registry.ts'

const tester: Actor = { name: 'user:tester', role: 'editor' }
const model = {
  digest: 'a'.repeat(64),
  sizeBytes: 10,
  signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], outputs: [] },
}

describe.each(testDialects)('registry on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestRegistry
    beforeAll(async () => {
      test = await testRegistry(dialect)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const addVersion = (name: string) =>
      test.database.write((tx) =>
        test.registry.createVersion(tx, tester, {
          name,
          source: 'runs:/x/model',
          model,
          lineage: { seed: 7 },
          tags: { a: 'b' },
        }),
      )
    const setAlias = (name: string, alias: string, version: number) =>
      test.database.write((tx) => test.registry.setAlias(tx, tester, name, alias, version))

    it('numbers versions from 1 and never uses a number twice', async () => {
      expect((await addVersion('numbers')).version).toBe(1)
      expect((await addVersion('numbers')).version).toBe(2)
      await test.database.write((tx) => test.registry.deleteVersion(tx, tester, 'numbers', 2))
      expect((await addVersion('numbers')).version).toBe(3)
      await expect(test.registry.resolve('models:/numbers/2')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('gives concurrent callers different numbers', async () => {
      const versions = await Promise.all(Array.from({ length: 20 }, () => addVersion('race')))
      expect(new Set(versions.map(({ version }) => version)).size).toBe(20)
    })

    it('resolves a version by number and by alias, with all it holds', async () => {
      await addVersion('bike demand')
      await addVersion('bike demand')
      await setAlias('bike demand', 'champion', 1)
      const byAlias = await test.registry.resolve('models:/bike demand@champion')
      expect(byAlias).toMatchObject({
        version: 1,
        aliases: ['champion'],
        modelDigest: model.digest,
        signature: model.signature,
        lineage: { seed: 7 },
        tags: { a: 'b' },
        createdBy: 'user:tester',
      })
      await setAlias('bike demand', 'champion', 2)
      expect((await test.registry.resolve('models:/bike demand@champion')).version).toBe(2)
      const { items } = await test.audit.list({ limit: 1 })
      expect(items[0]).toMatchObject({
        type: 'registry.alias.set',
        subject: 'model:bike demand',
        data: { alias: 'champion', before: 1, after: 2 },
      })
    })

    it.each(['models:/none/1', 'models:/none@champion', 'models:/bike demand@none'])(
      'does not find %s, and says what to do',
      async (uri) => {
        await expect(test.registry.resolve(uri)).rejects.toMatchObject({
          code: 'NOT_FOUND',
          hint: expect.stringMatching(/./),
        })
      },
    )

    it('takes aliases away with their version', async () => {
      await addVersion('gone')
      await setAlias('gone', 'champion', 1)
      await test.database.write((tx) => test.registry.deleteVersion(tx, tester, 'gone', 1))
      await expect(test.registry.resolve('models:/gone@champion')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })
  })
})
