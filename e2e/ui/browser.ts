import { existsSync } from 'node:fs'
import { fixtureSession } from '@kaizen/web/dev/fixture/identity'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** The system's Chromium: `CHROMIUM`, or where Debian puts it; null where there is none. */
export function findChromium(): string | null {
  const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  return existsSync(path) ? path : null
}

export const launchBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** Waits until nothing loads any more: no skeleton stands, and what was drawn has been painted. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1, .state, [role="alert"]').first().waitFor({ timeout: 10_000 })
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached', timeout: 10_000 })
  await page.waitForTimeout(60)
}

/** Gives a browser the session that the fixture's login page would. */
export async function logIn(context: BrowserContext, url: string): Promise<void> {
  const [name = '', value = ''] = fixtureSession.split('=')
  await context.addCookies([{ name, value, url }])
}
