import type { Page } from 'playwright-core'

export interface Scrolled {
  /** Times between frames, in milliseconds of the clock. */
  readonly framesMs: readonly number[]
  /** What the page's main thread worked for each frame, in milliseconds of the processor: the same however busy the machine is. */
  readonly workMs: number
  /** The most cells that stood at once. */
  readonly cells: number
}

/** Scrolls a region by a step in every frame. */
export async function scrollThrough(
  page: Page,
  region: string,
  by: { readonly frames: number; readonly top: number; readonly left: number },
): Promise<Scrolled> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
  }
  const before = await worked()
  const seen = await page.evaluate(scrollScript(region, by))
  const workMs = ((await worked()) - before) * 1000
  await devtools.detach()
  const { framesMs, cells } = seen as { framesMs: number[]; cells: number }
  return { framesMs, cells, workMs: workMs / by.frames }
}

const scrollScript = (region: string, by: object): string => `new Promise((resolve) => {
  const region = document.querySelector(${JSON.stringify(region)})
  const { frames, top, left } = ${JSON.stringify(by)}
  const framesMs = []
  let [last, cells] = [performance.now(), 0]
  const step = (now) => {
    framesMs.push(now - last)
    last = now
    cells = Math.max(cells, region.querySelectorAll('td, th').length)
    region.scrollBy(left, top)
    if (framesMs.length < frames) requestAnimationFrame(step)
    else resolve({ framesMs, cells })
  }
  requestAnimationFrame(step)
})`
