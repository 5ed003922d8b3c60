/**
 * Pictures of every page and state of the UI into `screenshots/`.
 *
 *   node e2e/screenshots.ts                     every page from the fixture server
 *   node e2e/screenshots.ts loop monitor        only pages whose name begins so
 *   node e2e/screenshots.ts --server URL        the loop of a running server into docs/images/loop.png
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startFixtureServer } from '@kaizen/web/dev/fixture-server'
import { findChromium, launchBrowser, logIn, settle } from './ui/browser.ts'
import { buildUi } from './ui/build.ts'
import { uiPages } from './ui/pages.ts'

const root = join(import.meta.dirname, '..')
const looks = [
  { name: 'light', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1440, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
] as const
const states = ['empty', 'failing', 'forbidden', 'huge'] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: 'string' } },
})
const chromium = findChromium()
if (!chromium) throw new Error('no Chromium: install it or set CHROMIUM to its path')
const browser = await launchBrowser(chromium)
try {
  if (values.server)
    await pictureOf(values.server, '/', 'light', join(root, 'docs/images/loop.png'))
  else await pictureAll()
} finally {
  await browser.close()
}

async function pictureAll(): Promise<void> {
  const dist = await buildUi()
  const folder = join(root, 'screenshots')
  await mkdir(folder, { recursive: true })
  const wanted = uiPages.filter(
    (page) =>
      positionals.length === 0 || positionals.some((prefix) => page.name.startsWith(prefix)),
  )
  for (const scenario of ['demo', 'locked'] as const) {
    const server = await startFixtureServer({ scenario, dist })
    for (const page of wanted.filter((one) => (one.scenario ?? 'demo') === scenario)) {
      for (const look of looks) {
        const file = join(folder, `${page.name}-${look.name}.png`)
        await pictureOf(server.url, page.path, look.name, file, page.loggedIn)
      }
    }
    await server.close()
  }
  for (const scenario of states) {
    const server = await startFixtureServer({ scenario, dist })
    for (const page of wanted.filter((one) => one.empty !== undefined || scenario === 'huge')) {
      const file = join(folder, `${page.name}-${scenario}.png`)
      await pictureOf(server.url, page.path, 'light', file)
    }
    await server.close()
  }
}

async function pictureOf(
  server: string,
  path: string,
  lookName: (typeof looks)[number]['name'],
  file: string,
  loggedIn = false,
): Promise<void> {
  const look = looks.find((one) => one.name === lookName) ?? looks[0]
  const page = await browser.newPage({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.colorScheme,
    deviceScaleFactor: look.name === 'phone' ? 2 : 1,
  })
  if (loggedIn) await logIn(page.context(), server)
  await page.goto(server + path)
  await settle(page)
  await page.screenshot({ path: file })
  await page.close()
}
