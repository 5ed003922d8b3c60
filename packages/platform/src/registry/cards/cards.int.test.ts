import { modelCard } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { tester } from '../../tracking/test-tracking.ts'
import { modelMark, type TestServer, testServer } from '../test-server.ts'

describe.each(testDialects)('model cards on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('over HTTP', () => {
    let server: TestServer
    beforeAll(async () => {
      server = await testServer(dialect)
      await call('POST', '', `${modelMark} of a model`)
    })
    afterAll(() => server[Symbol.asyncDispose]())

    const call = async (method: string, path: string, body?: string) => {
      const answer = await fetch(`${server.url}/api/v1/models/m/versions${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
      })
      const text = await answer.text()
      return { status: answer.status, text, headers: answer.headers }
    }
    const edit = async (markdown: string, basedOn?: number) => {
      const answer = await call('PUT', '/1/card', JSON.stringify({ markdown, basedOn }))
      return { status: answer.status, body: JSON.parse(answer.text) }
    }
    const card = async (query = '') =>
      modelCard.parse(JSON.parse((await call('GET', `/1/card${query}`)).text))
    const prose = (of: Awaited<ReturnType<typeof card>>, id: string) =>
      of.sections.find((section) => section.id === id)?.markdown

    it('is made from records before anybody writes', async () => {
      const first = await card()
      expect(first.edit).toBeNull()
      expect(first.markdown).toContain('# Model card: m, version 1')
      expect(first.markdown).toContain(
        `registered | ${new Date(Date.UTC(2026, 0, 1)).toISOString()}`,
      )
      expect(first.markdown).toContain('## Limitations\n\n_Not written yet._')
    })

    it('takes an edited document back as a revision, and leaves the evidence to the records', async () => {
      const { markdown } = await card()
      const changed = markdown
        .replace('## Limitations\n\n_Not written yet._', '## Limitations\n\nNot at **night**.')
        .replace(/\| aliases \| .* \|/, '| aliases | forged |')
      expect((await edit(changed, 0)).status).toBe(200)
      expect((await edit('## Maintenance\n\nAnn.', 1)).status).toBe(200)
      await server.stage.database.write((tx) =>
        server.registry.setAlias(tx, tester, 'm', 'champion', 1),
      )
      const now = await card()
      expect(now.edit).toMatchObject({ revision: 2, by: tester.name })
      expect(prose(now, 'limitations')).toBe('Not at **night**.')
      expect(prose(now, 'maintenance')).toBe('Ann.')
      expect(now.markdown).not.toContain('forged')
      expect(prose(now, 'model')).toContain('| aliases | champion |')
      const before = await card('?revision=1')
      expect([prose(before, 'limitations'), prose(before, 'maintenance')]).toEqual([
        'Not at **night**.',
        '',
      ])
      const { items } = await server.stage.audit.list({ limit: 2 })
      expect(items[1]).toMatchObject({
        type: 'registry.card.edited',
        subject: 'model:m',
        data: { version: 1, revision: 2, sections: ['maintenance'] },
      })
    })

    it('pages its revisions, and refuses edits of an older one', async () => {
      expect(await edit('## Maintenance\n\nBob.', 1)).toMatchObject({
        status: 409,
        body: { error: { code: 'STALE_WRITE' } },
      })
      const first = JSON.parse((await call('GET', '/1/card/revisions?limit=1')).text)
      expect(first.items).toMatchObject([{ revision: 2, by: tester.name }])
      const rest = await call('GET', `/1/card/revisions?pageToken=${first.nextPageToken}`)
      expect(JSON.parse(rest.text)).toMatchObject({ items: [{ revision: 1 }] })
    })

    it('of two who edit at once one is told, and no revision is lost', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, (_, n) => edit(`## Ethical considerations\n\n${n}`, 2)),
      )
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409])
      expect((await card()).edit?.revision).toBe(3)
    })

    it('is one HTML file that runs nothing', async () => {
      await edit('## Limitations\n\n<script>alert(1)</script>\n\n| a |\n|---|\n| b |')
      const page = await call('GET', '/1/card.html')
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
      expect(page.text).toContain('&lt;script&gt;alert(1)')
      expect(page.text).toContain('<td>b</td>')
    })

    it.each([
      ['GET', '/1/card?revision=99', undefined, 404, 'NOT_FOUND'],
      ['GET', '/9/card', undefined, 404, 'NOT_FOUND'],
      ['GET', '/1/card/revisions?pageToken=x', undefined, 400, 'INVALID_REQUEST'],
      ['PUT', '/9/card', '{"markdown":""}', 404, 'NOT_FOUND'],
      ['PUT', '/1/card', '{"markdown":"## Nonsense"}', 400, 'INVALID_REQUEST'],
      ['PUT', '/1/card', '{"markdown":"","more":1}', 400, 'INVALID_REQUEST'],
    ])('refuses %s %s %s', async (method, path, body, status, code) => {
      const answer = await call(method, path, body)
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([status, code])
      expect(server.defects).toEqual([])
    })

    it('goes with its model', async () => {
      await server.stage.database.write((tx) => server.registry.deleteModel(tx, tester, 'm'))
      await call('POST', '', `${modelMark} of another`)
      expect((await card()).edit).toBeNull()
    })
  })
})
