import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

interface AxeViolation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe-core finds serious or critical on a page, in a line each; all its rules, or the one that is named. */
export async function seriousViolations(page: Page, rule?: string): Promise<readonly string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axeSource)
  const options = { resultTypes: ['violations'], ...(rule !== undefined && { runOnly: [rule] }) }
  const found: unknown = await page.evaluate(
    `axe.run(${JSON.stringify(options)}).then((result) => result.violations)`,
  )
  return (found as readonly AxeViolation[])
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map(
      (violation) =>
        `${violation.id}: ${violation.nodes
          .map((node) => node.html)
          .slice(0, 2)
          .join(' ')}`,
    )
}

/** By how many pixels the page, or the part of it that scrolls, is wider than there is room; a table may scroll in itself. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return Number(
    await page.evaluate(
      "Math.max(...[document.documentElement, ...document.querySelectorAll('main')].map((part) => part.scrollWidth - part.clientWidth))",
    ),
  )
}

/** Collects what a page complains about: exceptions, refused content, console errors. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    // A failed request is logged by the browser itself; the page shows it as a state.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      errors.push(message.text())
    }
  })
  return errors
}

/** Names and gzipped sizes of the scripts that a page loads. */
export function watchScripts(page: Page): { readonly sizes: () => Promise<Map<string, number>> } {
  const loaded: Promise<readonly [string, number]>[] = []
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) {
      loaded.push(response.body().then((body) => [pathname, gzipSync(body).byteLength] as const))
    }
  })
  return { sizes: async () => new Map(await Promise.all(loaded)) }
}
