import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KaizenError } from '@kaizen/contracts'
import { afterEach, expect, it, vi } from 'vitest'
import { initCommand } from './init.ts'

const compiler = fileURLToPath(new URL('../../../../node_modules/.bin/tsc', import.meta.url))
const folders: string[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-init-'))
  folders.push(folder)
  return folder
}

/** Runs the command; answers what it printed. */
async function init(...args: readonly string[]): Promise<string> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await initCommand().parseAsync(['node', 'init', ...args])
  return printed.mock.calls.map(([text]) => String(text)).join('')
}

it('makes a project that type-checks and passes its own tests, under the name of its folder', async () => {
  const folder = join(await newFolder(), 'Night Shop')
  const { files } = JSON.parse(await init(folder, '--json')) as { files: string[] }
  expect(files).toContain('kaizen.ts')
  expect(files).toContain('data/deliveries.csv')
  expect(await readFile(join(folder, 'kaizen.ts'), 'utf8')).toContain("name: 'night-shop'")
  expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({
    name: 'night-shop',
  })
  await promisify(execFile)(compiler, ['-p', folder])
  const { stdout } = await promisify(execFile)(process.execPath, ['--test'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
  })
  expect(stdout).toMatch(/pass 2\n/)
})

it('writes nothing into a folder that holds anything', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'notes.txt'), 'mine')
  const refused = init(folder)
  await expect(refused).rejects.toThrow(KaizenError)
  await expect(refused).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await expect(readFile(join(folder, 'kaizen.ts'))).rejects.toThrow(/ENOENT/)
})

it('links the SDK into a checkout that lacks it, and leaves an installed one alone', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'kaizen.ts'), '')
  await mkdir(join(folder, 'node_modules/@kaizen/sdk'), { recursive: true })
  await writeFile(join(folder, 'node_modules/@kaizen/sdk/package.json'), '{"name":"installed"}')
  await init(folder, '--link')
  const sdk = join(folder, 'node_modules/@kaizen/sdk/package.json')
  expect(await readFile(sdk, 'utf8')).toBe('{"name":"installed"}')
  await rm(join(folder, 'node_modules'), { recursive: true })
  await init(folder, '--link')
  expect(JSON.parse(await readFile(sdk, 'utf8'))).toMatchObject({ name: '@kaizen/sdk' })
})

it('says where there is no project to link', async () => {
  await expect(init(await newFolder(), '--link')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
