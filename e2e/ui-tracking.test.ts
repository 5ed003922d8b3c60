import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventAt } from '@kaizen/web/dev/fixture/audit'
import { runIdOf } from '@kaizen/web/dev/fixture/world'
import { type FixtureServer, startFixtureServer } from '@kaizen/web/dev/fixture-server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchBrowser, settle } from './ui/browser.ts'
import { buildUi } from './ui/build.ts'
import { seriousViolations, sidewaysOverflow } from './ui/checks.ts'
import { ranOn } from './ui/hostile.ts'

const chromium = findChromium()
const run = runIdOf(3)
const runIds = (count: number): string =>
  Array.from({ length: count }, (_, number) => runIdOf(number)).join(',')

describe.skipIf(chromium === null)('UI of tracking and registry', () => {
  let browser: Browser
  let context: BrowserContext
  let folder: string
  let demo: FixtureServer
  let huge: FixtureServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-ui-'))
    const dist = await buildUi(folder)
    demo = await startFixtureServer({ scenario: 'demo', dist })
    huge = await startFixtureServer({ scenario: 'huge', dist })
    browser = await launchBrowser(chromium ?? '')
    context = await browser.newContext({ reducedMotion: 'reduce' })
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    for (const server of [demo, huge]) await server?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  async function open(address: string, width = 1280): Promise<Page & AsyncDisposable> {
    const page = await context.newPage()
    await page.setViewportSize({ width, height: 900 })
    page.setDefaultTimeout(8000)
    await page.goto(address)
    await settle(page)
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
  }

  describe('curves of a run', () => {
    it('stand along steps, time or time since the start, logarithmic, and smoothed', async () => {
      await using page = await open(`${demo.url}/runs/${run}`)
      const figure = page.getByRole('figure', { name: 'mae' })
      await figure.getByRole('button', { name: 'Show as table (t)' }).click()
      const table = figure.getByRole('table')
      const cell = (row: number, at: number) =>
        table.locator(`tr[data-index="${row}"]`).locator('th, td').nth(at).textContent()
      await table.waitFor()
      // Newest first, as every table of a chart.
      expect(await cell(1, 0)).toBe('98')
      const logged = await cell(1, 1)
      await page.getByLabel('Along').selectOption('relative')
      await table
        .getByText(/^after /)
        .first()
        .waitFor()
      await page.getByLabel('Along').selectOption('time')
      await table
        .getByText(/2012-10-18/)
        .first()
        .waitFor()
      await page.getByLabel('Along').selectOption('step')
      await page.getByLabel('Smoothing').fill('0.8')
      await table.getByRole('columnheader', { name: 'mae as logged' }).waitFor()
      expect(await cell(1, 2)).toBe(logged)
      expect(await cell(1, 1)).not.toBe(logged)
      await page.getByRole('button', { name: 'log x: steps or time since start' }).click()
      // Step 0 has no place on a logarithmic axis.
      await figure.locator('table[aria-rowcount="100"]').waitFor()
      await page.getByRole('button', { name: 'log y: values' }).click()
      expect(decodeURIComponent(new URL(page.url()).search)).toMatch(
        /^[?](?=.*along=step)(?=.*smooth="?0[.]8)(?=.*logs=xy)/,
      )
      await page.reload()
      await page.getByRole('button', { name: 'log y: values', pressed: true }).waitFor()
    })

    it('show what the machine did, by kind and unit', async () => {
      await using page = await open(`${demo.url}/runs/${run}`)
      const gpu = page.getByRole('figure', { name: 'GPU utilization, %' })
      await gpu.getByRole('button', { name: 'Show as table (t)' }).click()
      await gpu.getByRole('columnheader', { name: 'GPU 1 (%)' }).waitFor()
      expect(await page.getByRole('figure', { name: /^system\// }).count()).toBe(0)
    })
  })

  it('tells the code, its changes and the environment of a run, and what differs from another', async () => {
    await using page = await open(`${demo.url}/runs/${run}`)
    await page.getByText('What differed from the commit').click()
    const patch = page.getByRole('region', { name: 'Difference from the commit' })
    await patch.getByText('rows.filter((row) => row.cnt >= 0)').waitFor()
    await page.getByText('v24.9.0', { exact: true }).first().waitFor()
    await page.getByText('what had changed in .env was not recorded').waitFor()
    await page.getByLabel('Run', { exact: true }).fill(runIdOf(1))
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    const differing = page.getByRole('table', { name: 'What differs' })
    await differing.getByText('max_leaves').waitFor()
    expect(await differing.getByText('target').count()).toBe(0)
    expect(await seriousViolations(page)).toEqual([])
  })

  describe('files of a run', () => {
    const files = (page: Page) =>
      page.locator('.section', { has: page.getByRole('heading', { name: 'Files' }) })
    async function look(file: string) {
      return open(`${demo.url}/runs/${run}?file=${encodeURIComponent(file)}`)
    }

    it.each([
      { file: 'metrics.csv', table: 'metrics.csv', shows: 'night, calm' },
      { file: 'answers.json', table: 'answers.json', shows: 'How many bikes at 8?' },
      { file: 'predictions.parquet', table: 'predictions.parquet', shows: 'mist' },
      { file: 'model/MLmodel', table: 'Model signature', shows: 'float32 [-1, 1]' },
    ])('shows $file as a table', async ({ file, table, shows }) => {
      await using page = await look(file)
      await page.getByRole('table', { name: table }).getByText(shows).first().waitFor()
      expect(await ranOn(page)).toEqual([])
    })

    it('draws the graph of a model', async () => {
      await using page = await look('model.onnx')
      const graph = page.getByRole('region', { name: 'Graph of model.onnx' })
      await graph.getByRole('button', { name: /TreeEnsembleRegressor/ }).click()
      await page.getByText('features', { exact: true }).waitFor()
    })

    it('reads pages and documents without anything that could run or load', async () => {
      for (const [file, heading, cell] of [
        ['report.html', 'Report of a run', '8'],
        ['notes.md', 'Notes', '61.2'],
      ] as const) {
        await using page = await look(file)
        const elsewhere: string[] = []
        page.on('request', (request) => {
          if (!request.url().startsWith(demo.url)) elsewhere.push(request.url())
        })
        const view = page.getByRole('region', { name: file, exact: true })
        await view.getByRole('heading', { name: heading }).waitFor()
        await view.getByRole('cell', { name: cell, exact: true }).waitFor()
        expect(await view.getByRole('link').count()).toBe(1)
        expect(await view.locator('form, iframe, object, img, svg, style, [style]').count()).toBe(0)
        await page.getByRole('button', { name: `source of ${file}` }).click()
        await view.getByText('window.ran=1').first().waitFor()
        expect(await ranOn(page)).toEqual([])
        expect([elsewhere, new URL(page.url()).origin]).toEqual([[], demo.url])
        expect(await seriousViolations(page)).toEqual([])
      }
    })

    it('draws images, in which nothing runs, and says so where there is none', async () => {
      for (const file of ['plots/pixel.png', 'plots/loss.svg']) {
        await using page = await look(file)
        const image = page.getByRole('img', { name: file })
        await image.waitFor()
        const drawn = `document.querySelector('.viewer img').decode().then(() => 'drawn')`
        expect(await page.evaluate(drawn)).toBe('drawn')
        expect(await ranOn(page)).toEqual([])
      }
      await using page = await look('plots/broken.png')
      await page.getByText('This is no image that can be drawn').waitFor()
    })

    it('has no room for all of it beside others: the viewers take the whole width, and a phone too', async () => {
      await using page = await look('predictions.parquet')
      const box = await files(page).boundingBox()
      expect(box?.width).toBeGreaterThan(900)
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await sidewaysOverflow(page)).toBe(0)
    })
  })

  describe('comparison of runs', () => {
    it('draws 100 of them, and only the columns in view', async () => {
      await using page = await open(`${huge.url}/compare?runs=${runIds(100)}`)
      await page.getByRole('heading', { name: 'Comparison of 100 runs' }).waitFor()
      const scatter = page.getByRole('img', { name: 'mae against learning_rate' })
      expect(await scatter.locator('circle').count()).toBe(94)
      const parallel = page.getByRole('img', { name: /^100 runs over learning_rate/ })
      expect(await parallel.locator('path').count()).toBe(100)
      expect(
        await page.getByRole('img', { name: 'mae by learning_rate' }).locator('rect').count(),
      ).toBe(3)
      await page.getByRole('figure', { name: 'mae' }).getByText('and 76 more').waitFor()
      const metrics = page.getByRole('region', { name: 'Metrics', exact: true }).last()
      expect(await metrics.locator('th, td').count()).toBeLessThan(150)
      const params = page.getByRole('table', { name: 'Parameters' })
      expect(await params.getByText('target').count()).toBe(0)
      await page.getByLabel('Show what is equal too').check()
      await params.getByText('target').waitFor()
      expect(await seriousViolations(page)).toEqual([])
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await sidewaysOverflow(page)).toBe(0)
    })

    it('stands below each other on a phone, while it is of few', async () => {
      await using page = await open(`${demo.url}/compare?runs=${runIds(3)}`, 390)
      const metrics = page.getByRole('list', { name: 'Metrics' })
      await metrics.getByText('train-00002').first().waitFor()
      await metrics.getByText(', the least').first().waitFor()
      expect(await sidewaysOverflow(page)).toBe(0)
      expect(await seriousViolations(page)).toEqual([])
    })
  })

  describe('runs of an experiment', () => {
    it('are grouped, and a group opens as a filter', async () => {
      await using page = await open(`${demo.url}/experiments/1`)
      await page.getByLabel('Group by').selectOption('params.max_leaves')
      const groups = page.getByRole('table', { name: 'Runs by params.max_leaves' })
      await groups.getByRole('columnheader', { name: 'mae, mean' }).waitFor()
      await groups.getByRole('button', { name: '31', exact: true }).click()
      await page.waitForURL(/filter=/)
      expect(new URL(page.url()).searchParams.get('filter')).toBe("params.max_leaves = '31'")
    })

    it('show a curve each, asked for together, and keep views by name', async () => {
      await using page = await open(`${demo.url}/experiments/1`)
      let asked = 0
      page.on('request', (request) => {
        if (request.url().includes('get-history-bulk-interval')) asked++
      })
      await page.getByLabel('Curve').selectOption('mae')
      const curves = page.getByRole('img', { name: /^mae, [0-9]+ points$/ })
      await curves.nth(15).waitFor()
      expect(asked).toBeLessThan(5)
      await page.getByRole('button', { name: /^Views/ }).click()
      await page.getByLabel('Name of the view').fill('by error')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.goto(`${demo.url}/experiments/1`)
      await page.getByRole('button', { name: /^Views\s*1/ }).click()
      await page.getByRole('link', { name: 'by error' }).click()
      await page.waitForURL(/spark=mae/)
      await curves.first().waitFor()
      await page.getByRole('button', { name: 'Forget the view by error' }).click()
      await page.getByText('No view is saved yet').waitFor()
    })

    it('keep views for everybody with the experiment', async () => {
      await using mine = await open(`${demo.url}/experiments/1?group=params.max_leaves`)
      await mine.getByRole('button', { name: /^Views/ }).click()
      await mine.getByLabel('Name of the view').fill('Größe of trees')
      await mine.getByLabel('for everybody who sees the experiment').check()
      await mine.getByRole('button', { name: 'Save', exact: true }).click()
      await mine.getByRole('list', { name: 'Shared' }).getByText('Größe of trees').waitFor()
      await using other = await browser.newContext({ reducedMotion: 'reduce' })
      const page = await other.newPage()
      await page.goto(`${demo.url}/experiments/1`)
      await page.getByRole('button', { name: /^Views\s*1/ }).click()
      await page.getByRole('link', { name: 'Größe of trees' }).click()
      await page.waitForURL(/group=params.max_leaves/)
      await page.getByRole('button', { name: 'Forget the view Größe of trees' }).click()
      await page.getByText('No view is saved yet').waitFor()
    })

    it('are asked for again when something is logged', async () => {
      await using page = await open(`${demo.url}/experiments/1`)
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      const again = page.waitForRequest((request) => request.url().endsWith('/runs/search'))
      demo.emit({ ...eventAt(4190, 4190), type: 'tracking.batch.logged', subject: `run:${run}` })
      await again
    })
  })

  describe('traces', () => {
    it('are filtered by the server, which says what is wrong with a filter', async () => {
      await using page = await open(`${demo.url}/experiments/1/traces`)
      const asked = page.waitForRequest(
        (request) => request.postData()?.includes('span.type') ?? false,
      )
      await page.getByLabel('Filter traces').fill("span.type = 'LLM'")
      await page.keyboard.press('Enter')
      await asked
      expect(new URL(page.url()).searchParams.get('filter')).toBe("span.type = 'LLM'")
    })

    it('are a tree and a waterfall: spans fold, and each tells what it did', async () => {
      await using page = await open(`${demo.url}/traces/tr-076e0988b2e748a221c9c3ef10214212`)
      const spans = page.getByRole('table', { name: 'Spans' })
      const rows = () => spans.locator('tbody tr[data-index]').count()
      // What failed is chosen at first.
      await page.getByText('the forecast did not answer').first().waitFor()
      expect(await rows()).toBe(14)
      expect(await spans.locator('.span-bar').count()).toBe(14)
      await spans.getByRole('button', { name: 'Fold search' }).first().click()
      expect(await rows()).toBe(10)
      await spans.getByRole('button', { name: 'Unfold search' }).click()
      await spans.getByRole('button', { name: 'read forecast', exact: true }).first().click()
      await page.getByRole('heading', { name: 'read forecast' }).waitFor()
      expect(new URL(page.url()).searchParams.get('span')).not.toBeNull()
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await sidewaysOverflow(page)).toBe(0)
    })
  })

  describe('model', () => {
    it('leads from its data to where it answers, and compares versions, below each other on a phone', async () => {
      await using page = await open(`${demo.url}/models/bike-demand?version=21`)
      const lineage = page.getByRole('list', { name: 'Lineage' })
      for (const words of ['bike-hours · 33', 'run-0065', 'bike-demand · 21', '70 % of traffic']) {
        await lineage.getByText(words).waitFor()
      }
      await page.getByText(/Decided on the file/).waitFor()
      await page.getByText('risk: 0 of 1').waitFor()
      await page.getByLabel('Compare version 19 with version 21').check()
      await page
        .getByRole('table', { name: 'Differences' })
        .getByText('lineage.pipelineRunId')
        .first()
        .waitFor()
      await page.setViewportSize({ width: 390, height: 844 })
      const stacked = page.getByRole('list', { name: 'Differences' })
      await stacked.getByText('refit of candidate', { exact: false }).first().waitFor()
      expect(await sidewaysOverflow(page)).toBe(0)
      expect(await seriousViolations(page)).toEqual([])
    })

    it('lists thousands of versions, of which only those in view are drawn', async () => {
      await using page = await open(`${huge.url}/models/bike-demand`)
      const versions = page.getByRole('table', { name: 'Versions' })
      await versions.getByText('5000', { exact: true }).first().waitFor()
      expect(await versions.getByRole('row').count()).toBeLessThan(60)
      await page.getByLabel('Compare version 4998 with version 21').check()
      await page.getByRole('table', { name: 'Differences' }).waitFor()
    })

    it('shows at once who approved, and what is written on the card', async () => {
      await using page = await open(`${demo.url}/models/bike-demand`)
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      const again = ['approvals', 'card'].map((path) => page.waitForRequest(`**/${path}*`))
      demo.emit({ ...eventAt(4191, 4191), type: 'registry.version.approved' })
      await Promise.all(again)
    })

    it('keeps what somebody else wrote on a card meanwhile', async () => {
      await using page = await open(`${demo.url}/models/bike-demand`)
      await page.getByRole('button', { name: 'Edit', exact: true }).first().click()
      await page.getByRole('textbox', { name: 'Intended use' }).fill('For one city.')
      const asked = page.waitForRequest((request) => request.method() === 'PUT')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      expect((await asked).postDataJSON()).toEqual({
        markdown: '## Intended use\n\nFor one city.',
        basedOn: 3,
      })
    })
  })

  it('shows how two versions of a prompt differ, and which runs and traces used it', async () => {
    await using page = await open(`${demo.url}/models`)
    await page.getByRole('link', { name: 'Prompts' }).click()
    await page.getByRole('link', { name: 'bike-answer' }).click()
    await page.getByRole('link', { name: '3', exact: true }).click()
    await page
      .getByRole('region', { name: 'Text of version 3' })
      .getByText('{{forecast}}')
      .waitFor()
    await page.getByLabel('Compare version 2 with version 3').check()
    await page.getByRole('heading', { name: 'From version 2 to version 3' }).waitFor()
    expect(await page.locator('.diff ins').count()).toBe(3)
    expect(await page.locator('.diff del').count()).toBe(1)
    const runs = page.getByRole('table', { name: 'Runs that used it' })
    await runs.getByRole('link', { name: 'train-00002' }).waitFor()
    expect(await runs.getByText('train-00001').count()).toBe(0)
    const traces = page.getByRole('table', { name: 'Traces of version 3' })
    await traces.getByRole('link', { name: 'answer' }).first().waitFor()
  })

  it('searches the records of an evaluation dataset, of which only those in view are drawn', async () => {
    await using page = await open(`${huge.url}/evaluation-datasets/d-0000`)
    const records = page.getByRole('region', { name: 'Records', exact: true })
    expect(await records.locator('tbody tr').count()).toBeLessThan(60)
    await page.getByLabel('Search records').fill('hard 140')
    await page.keyboard.press('Enter')
    await records.getByText('on day 140?').waitFor()
    expect(await records.getByText('on day 141?').count()).toBe(0)
    await page.getByRole('heading', { name: 'Record', exact: true }).waitFor()
  })

  it.each([
    ['/data/bike-hours', 'dataset:bike-hours'],
    ['/features/station-weather', 'feature-view:station-weather'],
    ['/experiments/1', 'experiment:1'],
    ['/pipelines/bike-training', 'pipeline:bike-training'],
    ['/endpoints/bike-demand', 'endpoint:bike-demand'],
    ['/monitors/bike-demand', 'monitor:bike-demand'],
  ])('%s says who did what', async (path, subject) => {
    await using page = await open(demo.url + path)
    const events = page.getByRole('region', { name: `Events of ${subject}` })
    await events.getByRole('link').first().waitFor()
  })
})
