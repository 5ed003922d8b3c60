import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { codeSource } from './code-source.ts'

let folder: string
const bundle = ['kaizen.ts', 'steps/new.ts'].map((path) => ({
  path,
  digest: '0'.repeat(64),
  sizeBytes: 1,
}))
const git = async (...args: readonly string[]): Promise<string> => {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd: folder })
  return stdout.trim()
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-code-source-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('knows the commit, the branch and whether files of the project differ from it', async () => {
  const project = join(folder, 'deep', 'project')
  await mkdir(join(project, 'steps'), { recursive: true })
  await writeFile(join(project, 'kaizen.ts'), 'export default 1')
  await git('init', '--quiet', '--initial-branch', 'trunk')
  expect(await codeSource(project, bundle)).toBeUndefined()
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'first')
  const commit = await git('rev-parse', 'HEAD')
  const clean = { commit, branch: 'trunk', dirty: false, name: 'deep/project/kaizen.ts' }
  expect(await codeSource(project, bundle)).toEqual(clean)

  await writeFile(join(project, 'results.bin'), 'no file of the bundle')
  await writeFile(join(folder, 'README.md'), 'outside of the project')
  expect(await codeSource(project, bundle)).toEqual(clean)

  await writeFile(join(project, 'steps', 'new.ts'), 'not yet added')
  expect(await codeSource(project, bundle)).toMatchObject({ ...clean, dirty: true })
  await rm(join(project, 'steps', 'new.ts'))
  await writeFile(join(project, 'kaizen.ts'), 'export default 2')
  expect(await codeSource(project, bundle)).toMatchObject({ ...clean, dirty: true })

  await git('checkout', '--quiet', '--', 'deep/project/kaizen.ts')
  await git('checkout', '--quiet', '--detach')
  expect(await codeSource(project, bundle)).not.toHaveProperty('branch')
})

it('records a difference from which git makes the same files again', async () => {
  const project = join(folder, 'deep')
  await mkdir(join(project, 'steps'), { recursive: true })
  await writeFile(join(project, 'kaizen.ts'), 'export default 1\n')
  await writeFile(join(project, 'gone.ts'), 'old\n')
  await git('init', '--quiet')
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'first')
  await writeFile(join(project, 'kaizen.ts'), 'export default 2\n')
  await writeFile(join(project, 'steps', 'new.ts'), 'new\n')
  await writeFile(join(project, 'unused.ts'), 'no file of the bundle\n')
  await writeFile(join(project, 'deploy.pem'), 'key\n')
  await git('rm', '--quiet', 'deep/gone.ts')
  await git('add', 'deep/deploy.pem')
  const source = await codeSource(project, bundle)
  expect(source).toMatchObject({ dirty: true, diffOmits: ['deep/deploy.pem'] })
  const patch = join(folder, 'changes.patch')
  await writeFile(patch, source?.diff ?? '')
  await git('worktree', 'add', '--quiet', '--detach', 'again', 'HEAD')
  const again = join(folder, 'again')
  await promisify(execFile)('git', ['apply', patch], { cwd: again })
  expect(await readFile(join(again, 'deep/kaizen.ts'), 'utf8')).toBe('export default 2\n')
  expect(await readFile(join(again, 'deep/steps/new.ts'), 'utf8')).toBe('new\n')
  await expect(readFile(join(again, 'deep/gone.ts'))).rejects.toThrow('ENOENT')
  await expect(readFile(join(again, 'deep/unused.ts'))).rejects.toThrow('ENOENT')
})

it('is absent outside of git', async () => {
  expect(await codeSource(folder, bundle)).toBeUndefined()
})
