import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LocalArtifacts } from './local-artifacts.ts'

const run = '0123456789abcdef0123456789abcdef'
let folder: string
let root: string
let artifacts: LocalArtifacts

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'kaizen-artifacts-test-')))
  root = join(folder, 'mlruns')
  await mkdir(join(root, '1', run, 'artifacts', 'deep'), { recursive: true })
  await writeFile(join(root, '1', run, 'artifacts', 'deep', 'notes ä.txt'), 'notes')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  artifacts = await LocalArtifacts.open(root)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the artifact folder of a store', () => {
  it.each([
    ['a proxied URI', () => `mlflow-artifacts:/1/${run}/artifacts`],
    ['a proxied URI with a host', () => `mlflow-artifacts://host:5000/1/${run}/artifacts`],
    ['a path', () => join(root, '1', run, 'artifacts')],
    ['a file URI', () => `file://${join(root, '1', run, 'artifacts')}`],
    ['a relative path', () => `./1/${run}/artifacts`],
    ['a path from before the folder moved', () => `/old/place/mlruns/1/${run}/artifacts`],
  ])('is read by %s', async (_what, uri) => {
    expect(await artifacts.list(uri(), '')).toEqual([{ path: 'deep', is_dir: true }])
    const [file] = await artifacts.list(uri(), 'deep')
    expect(file).toEqual({ path: 'deep/notes ä.txt', is_dir: false, file_size: 5 })
    const copy = join(folder, 'copy')
    await artifacts.copy(uri(), 'deep/notes ä.txt', copy)
    expect(await readFile(copy, 'utf8')).toBe('notes')
  })

  it.each([
    ['/etc'],
    ['file:///etc'],
    ['..'],
    ['mlflow-artifacts:/../'],
    ['mlflow-artifacts:/%2e%2e/'],
    [`mlflow-artifacts:/1/${run}/../../..`],
  ])('is never left: %s', async (uri) => {
    await expect(artifacts.list(uri, '')).rejects.toMatchObject({ code: 'INVALID_PATH' })
    await expect(artifacts.copy(uri, 'passwd', join(folder, 'x'))).rejects.toMatchObject({
      code: 'INVALID_PATH',
    })
  })

  it('is never left by a path below it, nor by a link', async () => {
    const uri = `mlflow-artifacts:/1/${run}/artifacts`
    const up = artifacts.copy(uri, '../../../../secret.txt', join(folder, 'x'))
    await expect(up).rejects.toMatchObject({ code: 'INVALID_PATH' })
    await symlink(join(folder, 'secret.txt'), join(root, '1', run, 'artifacts', 'link'))
    await expect(artifacts.list(uri, '')).rejects.toMatchObject({ code: 'INVALID_PATH' })
    const link = artifacts.copy(uri, 'link', join(folder, 'x'))
    await expect(link).rejects.toMatchObject({ code: 'INVALID_PATH' })
  })

  it('has nothing where nothing was logged, and says where else files are', async () => {
    const other = run.replace('0', '9')
    expect(await artifacts.list(`mlflow-artifacts:/1/${other}/artifacts`, '')).toEqual([])
    await expect(artifacts.list('s3://bucket/1', '')).rejects.toThrow('s3://bucket/1')
    const none = await LocalArtifacts.open(undefined)
    await expect(none.list('mlflow-artifacts:/1', '')).rejects.toThrow('no --artifacts')
    await expect(LocalArtifacts.open(join(folder, 'none'))).rejects.toThrow('there is no folder')
  })
})
