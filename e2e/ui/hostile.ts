import type { Page } from 'playwright-core'

/** What runs where a text of somebody becomes part of a page, in each of the ways that it could. */
const hostile = `"'><img src=x onerror=window.ran=1><svg onload=window.ran=1></svg><script>window.ran=1</script>`
/** What of it stands in the text of a page that shows it. */
export const hostileText = '<script>window.ran=1</script>'

/** Fields whose texts people, clients or models write. */
const written: ReadonlySet<string> = new Set(
  `name description title summary text reason note message value comment label user user_id actor createdBy by
  headline run_name key trigger error body request_preview response_preview content author username project dataset
  html column feature incident rationale evidence subtitle words missing model`.split(/\s+/),
)
/** Objects whose keys are written by them too. */
const keyed: ReadonlySet<string> = new Set(
  'tags params environment lineage metadata attributes data trace_metadata origin'.split(' '),
)
const addresses: ReadonlySet<string> = new Set(['url', 'source', 'artifact_uri', 'root_uri'])

/** An answer of the server in which everybody who could write something wrote something hostile. */
export function planted(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (addresses.has(key)) return 'javascript:window.ran=1'
    return written.has(key) ? value + hostile : value
  }
  if (Array.isArray(value)) return value.map((one) => planted(one, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, own]) => [
      [name, planted(own, name)],
      ...(keyed.has(key) ? [[name + hostile, planted(own, 'value')]] : []),
    ]),
  )
}

/** What Chromium says of a handler in text that is only read, as the HTML of model cards is: nothing of it runs or is shown. */
export const onlyRead = 'Executing inline event handler'

/** Plants it in every answer that a page gets. */
export async function plantIn(page: Page): Promise<void> {
  await page.route(/[/](api|ajax-api|v2)[/]/, async (route) => {
    if (route.request().url().includes('/stream')) return route.continue()
    const response = await route.fetch()
    const type = response.headers()['content-type'] ?? ''
    if (!type.includes('json')) return route.fulfill({ response })
    await route.fulfill({ response, json: planted(await response.json()) })
  })
}

/** What of it became more than text, in a line each; empty where all of it stayed text. */
export async function ranOn(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(`[
    ...(window.ran === undefined ? [] : ['it ran']),
    ...[...document.querySelectorAll(
      'img[src=x], svg[onload], script:not([src]), [onerror], [href^="javascript:" i], [src^="javascript:" i]',
    )].map((element) => element.outerHTML.slice(0, 200)),
  ]`)) as string[]
}
