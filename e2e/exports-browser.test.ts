import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { models } from '../packages/platform/src/delivery/exports/test-models.ts'
import { identityModel } from './identity-model.ts'
import { kaizen } from './test-program.ts'
import { findChromium, launchBrowser } from './ui/browser.ts'

const chromium = findChromium()
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

it.runIf(required)('has a Chromium to run exported pages in', () => {
  expect(chromium).not.toBeNull()
})

describe.skipIf(chromium === null)('a browser bundle in Chromium', () => {
  let root: string
  let browser: Browser
  const servers: ChildProcess[] = []
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'kaizen-page-'))
    browser = await launchBrowser(chromium ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.kill()
    await rm(root, { recursive: true, force: true })
  })

  /** Exports a model as a user would. */
  async function bundle(name: string, content: Uint8Array): Promise<string> {
    const file = join(root, `${name}.onnx`)
    const folder = join(root, name)
    await writeFile(file, content)
    const ended = await kaizen(['export', file, '--to', 'browser', '--out', folder])
    expect(ended).toMatchObject({ code: 0 })
    return folder
  }

  async function serve(folder: string): Promise<string> {
    const child = spawn(process.execPath, ['serve.js'], { cwd: folder, env: { PORT: '0' } })
    servers.push(child)
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return /http:\S+/.exec(String(line))![0]
  }

  interface Seen {
    readonly elsewhere: string[]
    readonly errors: string[]
  }

  /** A page whose requests to anywhere but the folder's server are refused and noted. */
  async function open(address: string): Promise<{ page: Page; seen: Seen }> {
    const page = await browser.newPage()
    page.setDefaultTimeout(30_000)
    const seen: Seen = { elsewhere: [], errors: [] }
    page.on('console', (message) => {
      if (message.type() === 'error') seen.errors.push(message.text())
    })
    page.on('pageerror', (error) => seen.errors.push(error.message))
    await page.route('**', (route) => {
      const url = route.request().url()
      if (url.startsWith(address)) return route.continue()
      seen.elsewhere.push(url)
      return route.abort()
    })
    await page.goto(address)
    await page.locator('#state[data-state=passed], #state[data-state=failed]').waitFor()
    return { page, seen }
  }

  const trees = models.find(([name]) => name === 'two classes of trees')![1]

  it('answers the golden set and what is typed in, under its policy and without a network', async () => {
    const folder = await bundle('loans', trees().toOnnx())
    const address = await serve(folder)
    const { page, seen } = await open(address)
    expect(await page.locator('#state').textContent()).toBe('64 golden rows, 0 outputs differ')
    expect(await page.locator('h1').textContent()).toBe('loans')

    const golden = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8'))
    await page.getByRole('button', { name: 'Answer' }).click()
    await page.locator('dd').first().waitFor()
    expect(await page.locator('dd').first().textContent()).toBe(golden.outputs[0].data[0])
    await page.locator('#fields input').first().fill('much')
    await page.getByRole('button', { name: 'Answer' }).click()
    await page.getByText('is no number').waitFor()
    expect(seen).toEqual({ elsewhere: [], errors: [] })

    const blocked = await page.evaluate(`(async () => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.injected = true'
      document.body.append(script)
      const fetched = await fetch('https://example.org/').then(() => 'answered', () => 'blocked')
      return [globalThis.injected ?? false, fetched]
    })()`)
    expect(blocked).toEqual([false, 'blocked'])
    const policy = (await fetch(address)).headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'/)
    expect(policy).not.toContain('unsafe-inline')
    await page.close()
  })

  it('takes a model of every element type that golden sets have', async () => {
    const types = ['BOOL', 'INT8', 'INT16', 'INT32', 'INT64', 'UINT8', 'FP32', 'FP64', 'BYTES']
    const address = await serve(await bundle('types', identityModel(types as never)))
    const { page, seen } = await open(address)
    expect(await page.locator('#state').textContent()).toBe('64 golden rows, 0 outputs differ')
    expect(seen.errors).toEqual([])
    await page.close()
  })

  it('sees a model that was exchanged, and answers that differ', async () => {
    const folder = await bundle('changed', trees().toOnnx())
    const other = models
      .find(([name]) => name === 'logistic regression')![1]()
      .toOnnx()
    await writeFile(join(folder, 'model.onnx'), other)
    const refused = await open(await serve(folder))
    expect(await refused.page.locator('#state').textContent()).toContain('model.onnx')
    await refused.page.close()

    // Behind any other server the page itself compares.
    const plain = await open(await servePlainly(folder))
    expect(await plain.page.locator('#state').textContent()).toBe(
      'model.onnx is not the file that was exported',
    )
    await plain.page.close()

    const wrong = await bundle('wrong', trees().toOnnx())
    const golden = JSON.parse(await readFile(join(wrong, 'golden.json'), 'utf8'))
    golden.outputs[1].data[7] += 0.01
    await writeFile(join(wrong, 'golden.json'), JSON.stringify(golden))
    const differs = await open(await servePlainly(wrong))
    expect(await differs.page.locator('#state').textContent()).toBe(
      '64 golden rows, 1 outputs differ',
    )
    await differs.page.close()
  })

  async function servePlainly(folder: string): Promise<string> {
    const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
    const child = spawn(python, ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1'], {
      cwd: folder,
    })
    servers.push(child)
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return `http://127.0.0.1:${/port (\d+)/.exec(String(line))?.[1]}`
  }

  it('serves nothing but the files of the bundle', async () => {
    const address = await serve(await bundle('closed', trees().toOnnx()))
    for (const path of ['/../closed.onnx', '/..%2fclosed.onnx', '/SHA256SUMS', '/%00']) {
      expect((await fetch(address + path)).status).toBe(404)
    }
    expect((await fetch(address, { method: 'POST' })).status).toBe(405)
  })
})
