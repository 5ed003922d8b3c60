import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FixtureServer, startFixtureServer } from '@kaizen/web/dev/fixture-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchBrowser } from './ui/browser.ts'
import { buildUi } from './ui/build.ts'

const chromium = findChromium()

describe.skipIf(chromium === null)(
  'UI of endpoints, batch jobs, streams, ensembles and uploads',
  () => {
    let browser: Browser
    let folder: string
    let demo: FixtureServer

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaizen-ui-'))
      demo = await startFixtureServer({ scenario: 'demo', dist: await buildUi(folder) })
      browser = await launchBrowser(chromium ?? '')
    }, 120_000)

    afterAll(async () => {
      await browser?.close()
      await demo?.close()
      if (folder) await rm(folder, { recursive: true })
    })

    async function open(): Promise<Page & AsyncDisposable> {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      page.setDefaultTimeout(8000)
      return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
    }

    it('asks for a batch job again as it was, cancels one at the second press, and pauses a stream', async () => {
      await using page = await open()
      await page.goto(`${demo.url}/batch-jobs/batch-0038`)
      const again = page.waitForRequest((request) => request.method() === 'POST')
      await page.getByRole('button', { name: 'Start again' }).click()
      expect((await again).postDataJSON()).toEqual({
        model: 'bike-demand',
        input: { dataset: 'bike-hours', version: 35 },
        format: 'parquet',
        keep: ['dteday', 'hr'],
      })
      await page.goto(`${demo.url}/batch-jobs/batch-0040`)
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      const cancelled = page.waitForRequest((request) => request.method() === 'POST')
      await page.getByRole('button', { name: 'Cancel: what was scored is dropped' }).click()
      expect((await cancelled).url()).toContain('/batch-jobs/batch-0040/cancel')
      await page.goto(`${demo.url}/streams/station-orders`)
      const paused = page.waitForRequest((request) => request.method() === 'POST')
      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      expect((await paused).url()).toContain('/streams/station-orders/pause')
    })

    it('asks an endpoint by a form, explains, shows what was like it, and takes right for the truth', async () => {
      await using page = await open()
      await page.goto(`${demo.url}/endpoints/bike-demand?tab=try`)
      const hour = page.getByLabel('hr', { exact: true })
      const predict = page.getByRole('button', { name: 'Predict with bike-demand' })
      await page.getByText('a number, 0 to 23 lately').waitFor()
      await hour.fill('noon')
      await page.getByText('expected a number').waitFor()
      expect(await predict.isDisabled()).toBe(true)
      await hour.fill('12')
      const asked = page.waitForRequest((request) => request.url().endsWith('/infer'))
      await predict.click()
      const body = (await asked).postDataJSON()
      expect(body.parameters).toEqual({ explain: 'shap' })
      expect(body.inputs).toContainEqual({
        name: 'hr',
        datatype: 'FP64',
        shape: [1, 1],
        data: [12],
      })
      await page.getByText('try-1').waitFor()
      await page.getByText('Similar past cases').waitFor()
      await page.getByRole('heading', { name: /why/i }).waitFor()
      const told = page.waitForRequest((request) => request.url().endsWith('/feedback'))
      await page.getByRole('button', { name: 'Right: 287.4' }).click()
      expect((await told).postDataJSON()).toEqual({
        items: [{ inferenceId: 'try-1', value: 287.4 }],
      })
      await page.getByText('Noted: it was 287.4.').waitFor()
    })

    it('opens the model of a part of an ensemble', async () => {
      await using page = await open()
      await page.goto(`${demo.url}/ensembles/bike-blend`)
      await page.getByRole('button', { name: 'trees' }).click()
      await page.waitForURL('**/models/bike-demand?version=21')
    })

    it('lists what was uploaded to a monitor, each with the window that holds it', async () => {
      await using page = await open()
      await page.goto(`${demo.url}/monitors/edge-watch?tab=uploads`)
      const table = page.getByRole('region', { name: 'Uploads' })
      const row = (id: string) => table.getByRole('row').filter({ hasText: id })
      await row('nightly-0240').getByText('waiting').waitFor()
      await row('nightly-0240').getByText('1,440').waitFor()
      await row('device-7-0239').getByText('counted').waitFor()
      await row('device-7-0236').getByText('restated').waitFor()
      expect(await row('nightly-0240').getByRole('link').count()).toBe(0)
      await row('device-7-0239').getByRole('link').click()
      await page.waitForURL(/\/monitor-windows\//)
    })
  },
)
