import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openFileBlobs } from '../storage/index.ts'
import { BundleFolders, checkBundlePaths, removeBundleFolders } from './bundle-folders.ts'

const files = (...paths: string[]) =>
  paths.map((path) => ({ path, digest: '0'.repeat(64), sizeBytes: 0 }))

describe('checkBundlePaths', () => {
  it('accepts paths that stay inside', () => {
    expect(() => checkBundlePaths(files('a', 'b/c.ts', 'b/d/e', '..f', 'g..'))).not.toThrow()
  })

  it.each([
    ['../a'],
    ['a/../../b'],
    ['/etc/passwd'],
    ['a//b'],
    ['./a'],
    ['a\\..\\b'],
    ['C:/a'],
    ['a\0b'],
    ['a/'],
    [''],
  ])('refuses %j', (path) => {
    expect(() => checkBundlePaths(files(path))).toThrow('the bundle holds the path')
  })

  it('refuses a path twice, and a file that is a folder', () => {
    expect(() => checkBundlePaths(files('a', 'a'))).toThrow('the bundle holds the path "a"')
    expect(() => checkBundlePaths(files('a/b/c', 'a'))).toThrow('a as a file and as a folder')
  })
})

describe('removing folders of code', () => {
  const dayMs = 86_400_000

  async function open() {
    const root = await mkdtemp(join(tmpdir(), 'kaizen-bundle-folders-'))
    const blobs = await openFileBlobs(join(root, 'blobs'))
    const blob = await blobs.put(Buffer.from('export default 1'))
    const folders = new BundleFolders(join(root, 'bundles'), blobs)
    await folders.tidy()
    const bundle = (name: string) => ({
      digest: createHash('sha256').update(name).digest('hex'),
      files: [{ path: 'src/step.ts', ...blob }],
    })
    return {
      root: join(root, 'bundles'),
      folders,
      bundle,
      blobs,
      [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
    }
  }

  it('leaves what was used a moment ago, however old its files are', async () => {
    await using opened = await open()
    const { root, folders, bundle } = opened
    const folder = await folders.folderOf(bundle('a'))
    await utimes(folder, 1, 1)
    const options = { keep: new Set<string>(), before: Date.now() - dayMs, dryRun: false }
    expect(await removeBundleFolders(root, options)).toEqual({ count: 0, sizeBytes: 0 })
    expect(await readdir(root)).toHaveLength(1)
  })

  it('makes one again, whole, for whoever asks while it leaves or afterwards', async () => {
    await using opened = await open()
    const { root, folders, bundle, blobs } = opened
    const another = new BundleFolders(root, blobs)
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await folders.folderOf(bundle(name))
    let removed = 0
    let done = false
    const remove = async () => {
      const options = { keep: new Set<string>(), before: Date.now() + dayMs, dryRun: false }
      while (!done) removed += (await removeBundleFolders(root, options)).count
    }
    const removing = Promise.all([remove(), remove()])
    while (removed < 12) {
      await Promise.all(
        names.map((name, index) => (index % 2 ? folders : another).folderOf(bundle(name))),
      )
      await setImmediate()
    }
    done = true
    await removing
    for (const name of names) {
      const folder = await folders.folderOf(bundle(name))
      expect(await readFile(join(folder, 'src/step.ts'), 'utf8')).toBe('export default 1')
    }
    expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([])
  })
})
