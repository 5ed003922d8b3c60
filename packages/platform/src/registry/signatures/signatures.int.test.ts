import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, sha256 } from '../../kernel/index.ts'
import { packFolder } from '../../runtime/index.ts'
import type { BlobStore } from '../../storage/index.ts'
import { openFileBlobs } from '../../storage/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { RegistryService } from '../service.ts'
import { type TestRegistry, testRegistry } from '../test-registry.ts'
import { bundleDigestOf, verdictOf } from './bundle-signature.ts'
import { signingKey } from './signing-key.ts'

const ann: Actor = { name: 'user:ann', role: 'admin' }

describe.each(testDialects)('signatures on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestRegistry
    let folder: string
    let blobs: BlobStore
    let registry: RegistryService
    beforeAll(async () => {
      test = await testRegistry(dialect)
      folder = await mkdtemp(join(tmpdir(), 'kaizen-signing-'))
      blobs = await openFileBlobs(join(folder, 'blobs'))
      registry = new RegistryService({
        ...test,
        signing: { blobs, key: signingKey(undefined, folder) },
      })
    })
    afterAll(async () => {
      await test[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })

    const add = async (name: string) => {
      const blob = await blobs.put(Buffer.from(`file of ${name}`))
      const signature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], outputs: [] }
      const lineage = { seed: 7, params: { depth: 0.1 } }
      await test.database.write(async (tx) => {
        await registry.createVersion(tx, ann, {
          name,
          source: 'kaizen:upload/x',
          lineage,
          model: { ...blob, signature },
        })
      })
      return blob.digest
    }
    const sign = (name: string) =>
      test.database.write(async (tx) =>
        registry.signatures.sign(tx, ann, await registry.version(tx, name, 1)),
      )
    const verify = async (name: string) =>
      registry.signatures.verify(
        test.database.reader,
        await registry.version(test.database.reader, name, 1),
      )
    const requireSignature = (name: string) =>
      test.database.write(async (tx) =>
        registry.approvals.setPolicy(tx, ann, await registry.model(tx, name), {
          rules: [],
          requireSignature: true,
        }),
      )
    const tamper = async (digest: string): Promise<void> => {
      const path = await blobs.localPath(digest)
      await chmod(path, 0o600)
      await writeFile(path, 'another file')
    }

    it('verify until the record changes, whatever aliases, tags and names do', async () => {
      await add('a')
      expect(await verify('a')).toMatchObject({ verified: false, state: 'unsigned' })
      const { bundleDigest } = await sign('a')
      const { items } = await test.audit.list({ limit: 1 })
      expect(items[0]).toMatchObject({
        type: 'registry.version.signed',
        actor: 'user:ann',
        data: { version: 1, bundleDigest },
      })
      await test.database.write(async (tx) => {
        await registry.setAlias(tx, ann, 'a', 'champion', 1)
        await registry.describeVersion(tx, ann, 'a', 1, 'new words')
        await registry.renameModel(tx, ann, 'a', 'b')
      })
      expect(await verify('b')).toMatchObject({ verified: true, state: 'verified' })
      const version = await registry.version(test.database.reader, 'b', 1)
      const forged = { ...version, lineage: { seed: 8 } }
      expect(await registry.signatures.record(test.database.reader, forged)).toMatchObject({
        verified: false,
        state: 'bundle-changed',
      })
    })

    it('do not verify a file that was changed where it lies, nor sign it', async () => {
      const digest = await add('tampered')
      await sign('tampered')
      await tamper(digest)
      expect(await verify('tampered')).toMatchObject({
        verified: false,
        state: 'file-changed',
        reason: expect.stringContaining('not the one that was registered'),
      })
      await expect(sign('tampered')).rejects.toMatchObject({ code: 'CONFLICT' })
      await blobs.remove(digest)
      expect(await verify('tampered')).toMatchObject({ state: 'file-changed' })
    })

    it('of another key are not trusted, though their public key stands beside them', async () => {
      await add('other')
      const other = await mkdtemp(join(tmpdir(), 'kaizen-signing-'))
      const stranger = new RegistryService({
        ...test,
        signing: { blobs, key: signingKey(undefined, other) },
      })
      await test.database.write(async (tx) =>
        stranger.signatures.sign(tx, ann, await stranger.version(tx, 'other', 1)),
      )
      await rm(other, { recursive: true })
      expect(await verify('other')).toMatchObject({ verified: false, state: 'unknown-key' })
    })

    it('do not verify when their digest is put right by hand', async () => {
      await add('forged')
      const signature = await sign('forged')
      const version = await registry.version(test.database.reader, 'forged', 1)
      const changed = { ...version, lineage: { seed: 8 } }
      const key = await signingKey(undefined, folder)()
      const forged = { ...signature, bundleDigest: bundleDigestOf(changed) }
      expect(verdictOf(version, signature, { key }).state).toBe('verified')
      expect(verdictOf(changed, forged, { key }).state).toBe('wrong-signature')
    })

    it('are asked for by a policy before a version is served', async () => {
      const digest = await add('strict')
      await expect(registry.admit({ name: 'strict', version: 1, digest })).resolves.toBeUndefined()
      await requireSignature('strict')
      await expect(registry.admit({ name: 'strict', version: 1, digest })).rejects.toMatchObject({
        code: 'FORBIDDEN',
        message: 'version 1 of "strict" may not be served: nobody has signed it',
        hint: 'Sign it: kaizen models sign strict 1',
      })
      await sign('strict')
      await expect(registry.admit({ name: 'strict', version: 1, digest })).resolves.toBeUndefined()
      await expect(
        test.registry.admit({ name: 'strict', version: 1, digest }),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await tamper(digest)
      await expect(registry.admit({ name: 'strict', version: 1, digest })).rejects.toMatchObject({
        details: { state: 'file-changed' },
      })
    })

    it('are asked for under the name that a route still has, and by nothing that is not registered', async () => {
      const digest = await add('before')
      await requireSignature('before')
      await test.database.write((tx) => registry.renameModel(tx, ann, 'before', 'after'))
      const routed = { name: 'before', version: 1, digest }
      await expect(registry.admit(routed)).rejects.toMatchObject({
        code: 'FORBIDDEN',
        hint: 'Sign it: kaizen models sign after 1',
      })
      // The same file in another model under the old name does not stand in for it.
      await add('before')
      await expect(registry.admit(routed)).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await sign('after')
      await expect(registry.admit(routed)).resolves.toBeUndefined()
      for (const unknown of [
        { ...routed, name: 'never' },
        { ...routed, version: 9 },
        { ...routed, digest: 'f'.repeat(64) },
      ]) {
        await expect(registry.admit(unknown)).rejects.toMatchObject({
          code: 'FORBIDDEN',
          message: expect.stringContaining('not registered'),
        })
      }
      for (const name of ['after', 'before']) {
        await test.database.write((tx) => registry.deleteModel(tx, ann, name))
      }
      await expect(registry.admit(routed)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    })

    it('cover every file of a model that is a folder', async () => {
      const put = async (path: string, text: string) => ({
        path,
        digest: (await blobs.put(Buffer.from(text))).digest,
      })
      let files = [await put('MLmodel', 'flavors: {}'), await put('model.pkl', 'a pickle')]
      const python = new RegistryService({
        ...test,
        signing: { blobs, key: signingKey(undefined, folder), filesOf: async () => files },
      })
      await test.database.write((tx) =>
        python.createVersion(tx, ann, { name: 'python', source: 'mlflow-artifacts:/x' }),
      )
      const { reader } = test.database
      const version = await python.version(reader, 'python', 1)
      await expect(sign('python')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      await test.database.write((tx) => python.signatures.sign(tx, ann, version))
      expect(await python.signatures.verify(reader, version)).toMatchObject({ verified: true })
      await requireSignature('python')
      const routed = { name: 'python', version: 1, digest: sha256(packFolder(files)) }
      await expect(python.admit(routed)).resolves.toBeUndefined()
      await expect(python.admit({ ...routed, digest: 'f'.repeat(64) })).rejects.toMatchObject({
        message: expect.stringContaining('not those that were routed to'),
      })

      await tamper(files[1]!.digest)
      expect(await python.signatures.verify(reader, version)).toMatchObject({
        state: 'file-changed',
        reason: expect.stringContaining('its file model.pkl is not the one'),
      })
      files = [files[0]!, await put('model.pkl', 'another pickle')]
      expect(await python.signatures.verify(reader, version)).toMatchObject({
        state: 'bundle-changed',
      })
      await expect(python.admit(routed)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    })

    it('keep their key to its owner, and refuse what is no key without showing it', async () => {
      expect((await stat(join(folder, 'signing.key'))).mode & 0o777).toBe(0o600)
      const keys = await Promise.all([1, 2].map(() => signingKey(undefined, folder)()))
      expect(keys[0]?.equals(keys[1] as never)).toBe(true)
      const file = join(folder, 'no.key')
      await writeFile(file, 'secret words')
      const failure = await signingKey(file, folder)().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'INVALID_CONFIG' })
      expect(JSON.stringify(failure)).not.toContain('secret words')
    })
  })
})
