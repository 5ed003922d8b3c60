import { execFile, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** A checkout with the tools in place and a pnpm that only notes that it was called. */
let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaizen-setup-'))
  for (const folder of ['scripts/toolchain', '.tools/bin', 'packages/cli/src', 'node_modules']) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  cpSync(join(import.meta.dirname, 'setup.sh'), join(root, 'scripts/setup.sh'))
  cpSync(join(import.meta.dirname, '../kaizen'), join(root, 'kaizen'))
  symlinkSync(process.execPath, join(root, '.tools/bin/node'))
  write('scripts/toolchain/package-lock.json', '{}')
  write('.tools/package-lock.json', '{}')
  write('pnpm-lock.yaml', 'first')
  write('packages/cli/src/main.ts', 'console.log(process.cwd(), ...process.argv.slice(2))')
  write('packages/cli/src/joined-libraries.ts', '')
  write(
    'scripts/join-libraries.ts',
    'require("node:fs").appendFileSync(`${__dirname}/../joined`, "x")',
  )
  for (const name of ['contracts', 'ml', 'platform', 'sdk', 'web/dist'])
    mkdirSync(join(root, 'packages', name), { recursive: true })
  write('scripts/join-program.ts', programJoiner)
  pnpm('require("node:fs").appendFileSync("installs", "x")')
})

afterEach(() => rmSync(root, { recursive: true }))

/** A builder of the user interface that notes that it was called. */
function vite(): void {
  const path = 'packages/web/node_modules/.bin/vite'
  mkdirSync(join(root, 'packages/web/node_modules/.bin'), { recursive: true })
  write(path, `#!/bin/sh\nmkdir "$3" && echo built >>"${root}/builds"\n`)
  chmodSync(join(root, path), 0o755)
}

/** Makes a program that says where it lies and how often one was made. */
const programJoiner = `const fs = require('node:fs')
const folder = process.argv[2]
fs.mkdirSync(folder, { recursive: true })
const count = fs.readdirSync(folder + '/..').filter((name) => /^[0-9]+$/.test(name)).length
fs.writeFileSync(folder + '/main.mjs', 'console.log("joined", ' + count + ', ...process.argv.slice(2))')
`

const write = (path: string, text: string): void => writeFileSync(join(root, path), text)
const pnpm = (script: string): void => write('.tools/bin/pnpm', script)
const installs = (): number =>
  existsSync(join(root, 'installs')) ? readFileSync(join(root, 'installs'), 'utf8').length : 0

const kaizen = (...args: string[]) =>
  spawnSync(join(root, 'kaizen'), args, { cwd: realpathSync(tmpdir()), encoding: 'utf8' })

describe('./kaizen', () => {
  it('installs once for each lockfile, and runs in the folder of the caller', () => {
    expect(kaizen('runs', 'a b').stdout).toBe(`${realpathSync(tmpdir())} runs a b\n`)
    expect(kaizen().status).toBe(0)
    expect(installs()).toBe(1)
    write('pnpm-lock.yaml', 'second')
    kaizen()
    expect(installs()).toBe(2)
  })

  it('joins the libraries of each installation, and again when the way they are joined changes', () => {
    const joinings = (): number => readFileSync(join(root, 'joined'), 'utf8').length
    kaizen()
    kaizen()
    expect(joinings()).toBe(1)
    write('pnpm-lock.yaml', 'second')
    kaizen()
    expect(joinings()).toBe(2)
    appendFileSync(join(root, 'scripts/join-libraries.ts'), '// and otherwise')
    kaizen()
    kaizen()
    expect(joinings()).toBe(3)
    expect(installs()).toBe(2)
  })

  it('is found through symbolic links, absolute and relative', () => {
    mkdirSync(join(root, 'links'))
    symlinkSync('../kaizen', join(root, 'links/one'))
    symlinkSync(join(root, 'links/one'), join(root, 'links/two'))
    const { stdout } = spawnSync(join(root, 'links/two'), ['help'], { cwd: root, encoding: 'utf8' })
    expect(stdout).toContain('help')
  })

  it('installs once when several start together', async () => {
    pnpm('setTimeout(() => require("node:fs").appendFileSync("installs", "x"), 300)')
    const start = () => promisify(execFile)(join(root, 'kaizen'), ['together'])
    const answers = await Promise.all([start(), start(), start()])
    expect(answers.every(({ stdout }) => stdout.includes('together'))).toBe(true)
    expect(installs()).toBe(1)
  })

  it('takes over the lock of a start that has died', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    mkdirSync(join(root, '.tools/lock'))
    write('.tools/lock/owner', String(pid))
    expect(kaizen().status).toBe(0)
    expect(existsSync(join(root, '.tools/lock'))).toBe(false)
  })

  it('shows why an installation failed, and tries again the next time', () => {
    pnpm('console.log("the disk is full"); process.exit(3)')
    const failed = kaizen()
    expect(failed.status).toBe(1)
    expect(failed.stdout).toBe('')
    expect(failed.stderr).toMatch(/the disk is full\n.*installing dependencies failed/)
    expect(existsSync(join(root, '.tools/lock'))).toBe(false)
    pnpm('require("node:fs").appendFileSync("installs", "x")')
    expect(kaizen().status).toBe(0)
  })

  it('builds the user interface only for the commands that serve it, and only when it changed', () => {
    vite()
    write('packages/web/index.html', 'first')
    const builds = (): number => readFileSync(join(root, 'builds'), 'utf8').split('\n').length - 1

    kaizen('runs')
    expect(existsSync(join(root, 'builds'))).toBe(false)
    kaizen('--json', 'server')
    kaizen('server')
    expect(builds()).toBe(1)
    write('packages/web/index.html', 'first') // newer, but the same
    kaizen('demo')
    expect(builds()).toBe(1)
    write('packages/sdk/client.ts', 'second')
    kaizen('server')
    expect(builds()).toBe(2)
  })

  it('joins the program for the server alone, and again when a source of it changed', () => {
    write('packages/web/index.html', '')
    vite()
    expect(kaizen('runs').stdout).not.toContain('joined')
    expect(kaizen('--json', 'server').stdout).toBe('joined 1 --json server\n')
    write('packages/cli/src/main.ts', readFileSync(join(root, 'packages/cli/src/main.ts'), 'utf8')) // newer, but the same
    write('packages/platform/service.test.ts', 'a test is no part of it')
    expect(kaizen('server').stdout).toBe('joined 1 server\n')
    write('packages/platform/service.ts', 'changed')
    expect(kaizen('server').stdout).toBe('joined 2 server\n')
  })
})
