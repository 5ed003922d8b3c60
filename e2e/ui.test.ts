import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventAt } from '@kaizen/web/dev/fixture/audit'
import { type Scenario, scenarios } from '@kaizen/web/dev/fixture/world'
import { type FixtureServer, startFixtureServer } from '@kaizen/web/dev/fixture-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchBrowser, logIn, settle } from './ui/browser.ts'
import { buildUi } from './ui/build.ts'
import { seriousViolations, sidewaysOverflow, watchErrors, watchScripts } from './ui/checks.ts'
import { usageLine, usageOf } from './ui/commands.ts'
import { uiPages } from './ui/pages.ts'

const chromium = findChromium()
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'
/** Bytes of gzipped script that the first page may load. */
const scriptBudget = 150_000
/** Bytes of the script that every page starts with, as it is parsed. */
const entryBudget = 350_000
const lists = uiPages.filter((page) => page.empty !== undefined)

it.runIf(required)('has a Chromium to test the UI in', () => {
  expect(chromium).not.toBeNull()
})

describe.skipIf(chromium === null)('UI in Chromium', () => {
  let browser: Browser
  let folder: string
  const servers = new Map<Scenario, FixtureServer>()
  const url = (scenario: Scenario): string => servers.get(scenario)?.url ?? ''

  beforeAll(async () => {
    // In a folder of its own: the program of other tests serves the usual one meanwhile.
    folder = await mkdtemp(join(tmpdir(), 'kaizen-ui-'))
    const dist = await buildUi(folder)
    for (const scenario of scenarios) {
      servers.set(scenario, await startFixtureServer({ scenario, dist }))
    }
    browser = await launchBrowser(chromium ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    for (const server of servers.values()) await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = async (options: { width?: number } = {}): Promise<Page & AsyncDisposable> => {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 800 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    })
    page.setDefaultTimeout(8000)
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
  }

  describe('every page', () => {
    let page: Page
    let errors: string[]
    beforeAll(async () => {
      page = await open()
      errors = watchErrors(page)
    })
    afterAll(() => page?.close())

    it.each(uiPages)(
      '$name: content, contrast in both themes, 390 pixels',
      async ({ path, shows, scenario = 'demo', loggedIn = false }) => {
        await page.context().clearCookies()
        if (loggedIn) await logIn(page.context(), url(scenario))
        await page.goto(url(scenario) + path)
        await page.getByText(shows).first().waitFor()
        await settle(page)
        expect(await seriousViolations(page)).toEqual([])
        await page.emulateMedia({ colorScheme: 'dark' })
        expect(await seriousViolations(page, 'color-contrast')).toEqual([])
        await page.setViewportSize({ width: 390, height: 844 })
        expect(await sidewaysOverflow(page)).toBe(0)
        await page.setViewportSize({ width: 1280, height: 800 })
        await page.emulateMedia({ colorScheme: 'light' })
        expect(errors).toEqual([])
      },
    )
  })

  it('opens its menu on a phone', async () => {
    await using page = await open({ width: 390 })
    await page.goto(`${url('demo')}/`)
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Monitors' }).click()
    await page.getByRole('heading', { name: 'Monitors' }).waitFor()
  })

  it('says what is missing and which command fills it, where there is nothing', async () => {
    await using page = await open()
    const commands = new Set<string>()
    for (const { name, path, empty } of lists) {
      await page.goto(url('empty') + path)
      await page.getByText(empty ?? '').waitFor({ timeout: 5000 })
      const command = page.locator('.command code').first()
      await command.waitFor({ timeout: 2000 })
      commands.add((await command.textContent()) ?? '')
      expect(await seriousViolations(page), name).toEqual([])
    }
    for (const command of commands)
      expect(await usageOf(command), command).toContain(usageLine(command))
  })

  it('says what failed and what is forbidden, with the next step', async () => {
    await using page = await open()
    for (const { path } of lists) {
      await page.goto(url('failing') + path)
      await page.getByText('This could not be loaded').first().waitFor({ timeout: 5000 })
      await page.getByText('request req-fixture').first().waitFor()
      await page.goto(url('forbidden') + path)
      await page.getByText('Your role may not see this').first().waitFor({ timeout: 5000 })
    }
  })

  it('says so where there is no such object or page', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/endpoints/nowhere`)
    await page.getByText('Nothing here by this name').waitFor()
    await page.goto(`${url('demo')}/no/such/page`)
    await page.getByText('There is no such page').waitFor()
  })

  it('says what rolling back will do, and asks why, before it does', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/endpoints/bike-demand?tab=rollout`)
    await page.getByRole('button', { name: 'Roll back' }).click()
    await page.getByText('The route from before is set again').waitFor()
    await page.getByLabel('Reason, for the audit log').fill('complaints')
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.getByRole('button', { name: 'Roll back: rollout 2' }).click()
    expect((await asked).postDataJSON()).toEqual({ action: 'rollback', reason: 'complaints' })
    await page.getByLabel('Reason, for the audit log').waitFor({ state: 'detached' })
  })

  it('finds everything in the search by keyboard, and says so where it finds nothing', async () => {
    await using page = await open()
    await page.goto(`${url('huge')}/`)
    await settle(page)
    await page.keyboard.press('/')
    await page.keyboard.type('bike-training experiment')
    await page.getByRole('option', { name: 'bike-sharing/bike-training' }).waitFor()
    const input = page.getByLabel('Search everything')
    await input.fill('train')
    await page.getByText('There are more runs').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await input.fill('train-00603')
    await page.getByRole('option', { name: /^train-00603/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'train-00603' }).waitFor()
    await page.keyboard.press('/')
    await input.fill('tr-076e0988b2e748a221c9c3ef10214212')
    await page.getByRole('option', { name: /^answer/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('the forecast did not answer').first().waitFor()
    await page.keyboard.press('/')
    await input.fill('settings')
    await page.getByRole('option', { name: 'Settings: Users' }).waitFor()
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await page.keyboard.press(key)
    await page.keyboard.press('Enter')
    await page.waitForURL(/settings[?]tab=account/)
    await page.keyboard.press('/')
    await input.fill('zebra')
    await page.getByRole('status').getByText('Nothing is called “zebra”').waitFor()
  })

  it('shows who did what on the page of a model, and what comes while it is read', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/models/bike-demand`)
    const events = page.getByRole('region', { name: 'Events of model:bike-demand' })
    await events.getByRole('link', { name: 'registry.alias.set' }).first().waitFor()
    await events.getByText('alias champion').first().waitFor()
    const again = page.waitForRequest((request) => request.url().includes('/api/v1/audit/events'))
    servers.get('demo')?.emit({ ...eventAt(4189, 4189), subject: 'model:bike-demand' })
    await again
    await page.getByRole('link', { name: 'All in the audit log' }).click()
    await page.waitForURL(/governance[?]subject=model/)
  })

  it('shows what each edit of a model card changed', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/models/bike-demand`)
    await page.getByText('History of what people wrote').click()
    await page.getByRole('button', { name: 'What revision 3 changed' }).click()
    const change = page.getByRole('region', { name: 'Change of Intended use' })
    await change.getByText('- by the hour').waitFor()
    expect(await change.locator('ins').count()).toBe(2)
    expect(await change.locator('del').allTextContents()).toEqual([
      'Plans the redistribution of bikes.',
    ])
    expect(await seriousViolations(page)).toEqual([])
  })

  it('changes who has to approve, and says what is wrong before it asks the server', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/models/bike-demand`)
    await page.getByText('one of role risk and 2 of role ml-lead').waitFor()
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const form = page.getByRole('form', { name: 'Approval policy' })
    await form.getByLabel('Approved by roles').fill('risk=0')
    expect(await form.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await form.getByLabel('Approved by roles').fill('risk=2')
    const asked = page.waitForRequest((request) => request.method() === 'PUT')
    await form.getByRole('button', { name: 'Save' }).click()
    expect((await asked).postDataJSON()).toEqual({
      requireSignature: true,
      rules: [
        {
          target: 'alias:champion',
          allowCreator: false,
          approvals: [{ role: 'risk', count: 2 }],
        },
      ],
    })
    await form.waitFor({ state: 'detached' })
  })

  it('is used by keyboard alone', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/`)
    await settle(page)
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await page.getByText('bike-sharing/bike-training').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('train-00001').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('bike monitor')
    await page.getByRole('option', { name: 'bike-demand' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('naive mae').waitFor()
    await page.locator('canvas').first().waitFor()
    await page.keyboard.press('t')
    await page.getByRole('table', { name: 'MAE, as a table' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('scrolls through 100,000 runs and draws only what is in view', async () => {
    await using page = await open()
    await page.goto(`${url('huge')}/experiments/1`)
    const table = page.getByRole('region', { name: 'Runs' })
    await table.waitFor()
    for (const wanted of ['train-00199', 'train-00399', 'train-00599']) {
      await table.evaluate((element: { scrollTop: number; scrollHeight: number }) => {
        element.scrollTop = element.scrollHeight
      })
      await page.getByText(wanted).waitFor({ timeout: 5000 })
      expect(await table.locator('tbody tr').count()).toBeLessThan(80)
    }
  })

  it('works through 100,000 alerts: filtered, chosen and changed by keyboard, with comments', async () => {
    await using page = await open()
    await page.goto(`${url('huge')}/alerts`)
    const table = page.getByRole('region', { name: 'Alerts' })
    await table.waitFor()
    await page.getByRole('button', { name: /^Open\s*20,000$/ }).waitFor()
    expect(await table.locator('tbody tr').count()).toBeLessThan(80)
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByText('2 alerts chosen').waitFor()
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.keyboard.press('e')
    expect((await asked).postDataJSON()).toEqual({
      ids: ['alert-0100000', 'alert-0099999'],
      change: { kind: 'acknowledge' },
    })
    await page.getByText('2 alerts acknowledged').waitFor()
    await page.getByRole('button', { name: /^Open\s*19,998$/ }).waitFor()
    await page.getByLabel('Severity').selectOption('critical')
    await page.getByLabel('Monitor', { exact: true }).fill('monitor-3')
    await page.keyboard.press('Enter')
    await page.waitForURL(/monitor=monitor-3/)
    expect(new URL(page.url()).searchParams.get('severity')).toBe('critical')
    await table.getByRole('link', { name: 'monitor-3' }).first().waitFor()
    await page.keyboard.press('Escape')
    await page.locator('h1').click()
    await page.keyboard.press('j')
    await page.keyboard.press('s')
    const form = page.getByRole('form', { name: 'Silence chosen alerts' })
    await form.getByLabel('Reason').fill('maintenance')
    const silenced = page.waitForRequest((request) => request.method() === 'POST')
    await form.getByRole('button', { name: 'Tell nobody of these rules' }).click()
    const { change } = (await silenced).postDataJSON()
    expect(change).toMatchObject({ kind: 'silence', reason: 'maintenance' })
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('reports in Fahrenheit').waitFor()
    await page.getByLabel('Say something').fill('seen, thank you')
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
    await page.getByText('seen, thank you').waitFor()
    await page.keyboard.press('?')
    await page.getByText('Alerts: acknowledge').waitFor()
  })

  it('builds a report, previews it and keeps it by a name', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/monitor-reports`)
    const form = page.getByRole('form', { name: 'Report' })
    await form.getByText('a report is about at least one monitor or dataset').waitFor()
    await form.getByLabel('Name', { exact: true }).fill('daily')
    await form.getByLabel('Title', { exact: true }).fill('Every day')
    await form.getByLabel('bike-demand', { exact: true }).check()
    await form.getByLabel('Segments', { exact: true }).uncheck()
    await form.getByLabel('Schedule, as cron').fill('0 7 * * *')
    expect(await form.getByRole('button', { name: 'Preview' }).isDisabled()).toBe(true)
    await form.getByLabel('data-team', { exact: true }).check()
    await form.getByRole('button', { name: 'Preview', exact: true }).click()
    const preview = page.getByRole('region', { name: 'Preview' })
    await preview.getByText('drift:temp:psi in 2 of 7 days').waitFor()
    await preview.getByRole('table', { name: 'bike-demand Drift' }).waitFor()
    expect(await seriousViolations(page)).toEqual([])
    const asked = page.waitForRequest((request) => request.method() === 'PUT')
    await form.getByRole('button', { name: 'Keep by this name' }).click()
    const body = (await asked).postDataJSON()
    expect(body).toMatchObject({
      title: 'Every day',
      monitors: ['bike-demand'],
      channels: ['data-team'],
      schedule: { cron: '0 7 * * *', timeZone: 'UTC' },
    })
    expect(body.sections).not.toContain('segments')
  })

  it('folds the fan-outs of a run of 1,000 steps and unfolds them', async () => {
    await using page = await open()
    await page.goto(`${url('huge')}/pipeline-runs/run-0069`)
    const folded = page.getByRole('button', { name: /^10 × dataset/ })
    const before = await folded.count().then(async () => {
      await folded.first().waitFor()
      return folded.count()
    })
    expect(before).toBeGreaterThan(90)
    await folded.first().click()
    await page.getByRole('button', { name: /^step-0001/ }).waitFor()
  })

  it('follows the audit log, shows a broken connection and heals', async () => {
    await using page = await open()
    const demo = servers.get('demo')
    await page.goto(`${url('demo')}/`)
    const status = page.getByRole('status').filter({ hasText: 'Live' })
    await status.waitFor()
    const refreshed = page.waitForRequest((request) => request.url().endsWith('/api/v1/loops'))
    demo?.emit(eventAt(4181, 4181))
    await refreshed
    demo?.cutStreams()
    await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor()
    await status.waitFor({ timeout: 10_000 })
  })

  it('keeps the chosen theme over a reload', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/settings`)
    await page.getByRole('button', { name: /^Theme/ }).click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    await page.reload()
    await settle(page)
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(background).toBe('rgb(14, 16, 19)')
  })

  it('filters runs by the server and says what is wrong with a filter', async () => {
    await using page = await open()
    await page.goto(`${url('demo')}/experiments/1?filter=nonsense`)
    await page.getByText('has no comparison').waitFor()
    await page.getByLabel('Filter runs').fill('metrics.mae < 40')
    await page.keyboard.press('Enter')
    await page.getByText('train-00001').waitFor()
    expect(new URL(page.url()).searchParams.get('filter')).toBe('metrics.mae < 40')
  })

  it('loads less than 150 kB of script first, and charts, menus and schemas only where they are used', async () => {
    await using page = await open()
    const scripts = watchScripts(page)
    await page.goto(`${url('demo')}/`)
    await settle(page)
    const first = await scripts.sizes()
    const total = [...first.values()].reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(50_000)
    expect(total).toBeLessThan(scriptBudget)
    expect([...first.keys()].filter((name) => /time-series|menu|schemas/.test(name))).toEqual([])
    const files = await readdir(join(folder, 'assets'))
    // What forms check by the server's own schemas is there, apart.
    expect(files.filter((name) => /^schemas-.*[.]js$/.test(name))).toHaveLength(1)
    const entry = /src="[/](assets[/]index-[^"]+[.]js)"/.exec(
      await readFile(join(folder, 'index.html'), 'utf8'),
    )?.[1]
    expect((await stat(join(folder, entry ?? ''))).size).toBeLessThan(entryBudget)
  })
})
