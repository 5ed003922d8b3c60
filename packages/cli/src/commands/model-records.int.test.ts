import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { models } from '../../../platform/src/delivery/exports/test-models.ts'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-records-test-'))
  server = await startOwnServer(join(root, 'data'))
  const client = createClient({ baseUrl: server.address })
  const content = models
    .find(([name]) => name === 'ridge')![1]()
    .toOnnx()
  for (const _ of [1, 2]) {
    const input = { params: { name: 'fraud' }, query: { alias: 'champion' } }
    await client.upload(modelsApi.upload, input, new Uint8Array(content))
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)

describe('models sign and verify', () => {
  it('tells whether a version is what was signed, by its exit code too', async () => {
    const before = await kaizen('models', 'verify', 'fraud', '1')
    expect(before).toEqual({
      code: 1,
      text: expect.stringContaining('does not verify: nobody has signed it'),
    })
    expect(await kaizen('models', 'sign', 'fraud', '1')).toEqual({
      code: 0,
      text: expect.stringMatching(
        /Version 1 of fraud is signed: bundle [0-9a-f]{64}, key [0-9a-f]{12}/,
      ),
    })
    const { code, text } = await kaizen('models', 'verify', 'fraud', '1', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(text)).toMatchObject({ verified: true, state: 'verified' })
  })

  it.each([
    [['models', 'sign', 'fraud', '9'], 3, 'not found'],
    [['models', 'sign', 'none', '1'], 3, 'not found'],
    [['models', 'verify', 'fraud', 'x'], 2, ''],
  ])('refuses %j', async (args, code, message) => {
    const answer = await kaizen(...args)
    expect(answer.code).toBe(code)
    expect(answer.text).toContain(message)
  })
})

describe('models card', () => {
  it('shows a card, writes its prose and exports it', async () => {
    const shown = await kaizen('models', 'card', 'fraud', '1')
    expect(shown).toEqual({ code: 0, text: expect.stringContaining('## Signature') })
    const edit = join(root, 'card.md')
    await writeFile(edit, '# Limitations\n\nOnly <b>small</b> amounts.\n'.replace('#', '##'))
    expect(await kaizen('models', 'card', 'fraud', '1', '--edit', edit)).toEqual({
      code: 0,
      text: expect.stringContaining('Revision 1 is written.'),
    })
    const html = join(root, 'card.html')
    expect(await kaizen('models', 'card', 'fraud', '1', '--html', html)).toMatchObject({ code: 0 })
    const page = await readFile(html, 'utf8')
    expect(page).toContain('amounts.')
    expect(page).not.toContain('<b>small</b>')
  })

  it('refuses a file that is not there, and a heading that no card has', async () => {
    const missing = await kaizen('models', 'card', 'fraud', '1', '--edit', join(root, 'none.md'))
    expect(missing).toEqual({ code: 3, text: expect.stringContaining('cannot be read') })
    const edit = join(root, 'odd.md')
    await writeFile(edit, '## Secrets\n\nNone.\n')
    expect(await kaizen('models', 'card', 'fraud', '1', '--edit', edit)).toMatchObject({ code: 2 })
  })
})

describe('export verify', () => {
  it('knows a signed bundle from a changed one, and its key from another', async () => {
    const signed = join(root, 'signed')
    await kaizen('export', 'models:/fraud/1', '--to', 'c', '--out', signed)
    const { publicKey } = JSON.parse(await readFile(join(signed, 'SIGNATURE.json'), 'utf8'))
    const again = join(root, 'again')
    await kaizen('export', 'models:/fraud/1', '--to', 'c', '--out', again)
    for (const name of ['SHA256SUMS', 'SIGNATURE.json']) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(signed, name)))
    }
    const der = Buffer.from(publicKey, 'base64')
    const trusted = createPublicKey({ key: der, format: 'der', type: 'spki' })
    const keys = { trusted, other: generateKeyPairSync('ed25519').publicKey }
    for (const [name, key] of Object.entries(keys)) {
      await writeFile(join(root, `${name}.pem`), key.export({ type: 'spki', format: 'pem' }))
    }
    const check = (folder: string, key?: string) =>
      kaizen('export', 'verify', folder, ...(key ? ['--key', join(root, key)] : []))
    expect(await check(signed)).toMatchObject({ code: 0, text: expect.stringContaining('signed') })
    expect((await check(signed, 'trusted.pem')).code).toBe(0)
    expect(await check(signed, 'other.pem')).toEqual({
      code: 1,
      text: expect.stringContaining('the signature is not of this bundle and key'),
    })

    const changed = join(root, 'changed')
    await cp(signed, changed, { recursive: true })
    await writeFile(join(changed, 'model.c'), 'int main;')
    await writeFile(join(changed, 'more.c'), '')
    const answer = await check(changed, 'trusted.pem')
    expect(answer.code).toBe(1)
    expect(answer.text).toContain('model.c is another file')
    expect(answer.text).toContain('more.c is not of the bundle')

    const unsigned = join(root, 'unsigned')
    await kaizen('export', 'models:/fraud/2', '--to', 'c', '--out', unsigned)
    expect((await check(unsigned)).code).toBe(0)
    expect(await check(unsigned, 'trusted.pem')).toEqual({
      code: 1,
      text: expect.stringContaining('it is not signed'),
    })
  })

  it('refuses what is no bundle and what is no key', async () => {
    expect((await kaizen('export', 'verify', root)).code).toBe(3)
    expect((await kaizen('export', 'verify', join(root, 'nowhere'))).code).toBe(3)
    const args = ['export', 'verify', join(root, 'signed'), '--key', import.meta.filename]
    expect((await kaizen(...args)).code).toBe(2)
  })
})
