import type { ModelVersionView } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { cardPage, markdownHtml } from './card-page.ts'
import { cardDocument, cardSections, evidenceOf, parseProse } from './cards.ts'

const gate = {
  passed: true,
  summary: 'mae 9 against 10',
  metric: 'mae',
  rule: { metric: 'mae' },
  rows: 48,
  candidate: { mae: 9, r2: null },
  champion: { mae: 10, r2: 0.5 },
  improvement: {
    estimate: 0.1,
    lower: 0.0512345678,
    upper: 0.15,
    confidence: 0.95,
    resamples: 1000,
    probabilityBetter: 0.999,
  },
  checks: [
    { name: 'beats', passed: true, reason: '9 < 10', candidate: 9, champion: 10, bound: null },
  ],
}
const version: ModelVersionView = {
  name: 'bike | demand',
  version: 3,
  status: 'READY',
  description: '',
  runId: null,
  source: 'kaizen:/pipeline-runs/run-1/outputs/model',
  aliases: ['champion'],
  tags: {},
  modelDigest: 'a'.repeat(64),
  modelSizeBytes: 10,
  createdAt: 0,
  createdBy: 'policy:loop',
  signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], outputs: [] },
  lineage: {
    pipelineRun: 'run-1',
    datasets: [{ dataset: 'rides', version: 7, from: 0, to: 86_400_000 }],
    params: { depth: 4 },
    gate,
  },
}
const unsigned = { verified: false, state: 'unsigned', reason: 'x', signature: null } as const
const records = { version, run: null, approvals: [], signature: unsigned }

describe('the evidence of a card', () => {
  it('says data, run, parameters and metrics with their interval, as they are on record', () => {
    expect(evidenceOf('data', records)).toContain(
      '| datasets 1.version | 7 |\n| datasets 1.from | 1970-01-01T00:00:00.000Z |',
    )
    expect(evidenceOf('training', records)).toContain('| pipelineRun | run-1 |')
    expect(evidenceOf('parameters', records)).toContain('| params.depth | 4 |')
    const metrics = evidenceOf('metrics', records)
    expect(metrics).toContain('| mae | 9 | 10 |\n| r2 | – | 0.5 |')
    expect(metrics).toContain('0.1, 95 % interval 0.0512346 to 0.15 (paired bootstrap, 1000')
    expect(evidenceOf('gate', records)).toContain('| beats | passed | 9 \\< 10 |')
  })

  it('says of each section that nothing is on record, where nothing is', () => {
    const bare = { ...records, version: { ...version, lineage: {} } }
    for (const id of ['data', 'training', 'parameters', 'metrics', 'gate'] as const) {
      expect(evidenceOf(id, bare)).toMatch(/^No .* (is|are) on record|No gate/)
    }
  })

  it('shows Markdown and HTML of records as text', async () => {
    const hostile = { ...version, description: '](x) | <img src=x onerror=1>\n## Limitations' }
    const text = evidenceOf('model', { ...records, version: hostile })
    expect(parseProse(`## Model\n\n${text}`)).toEqual({})
    const html = await markdownHtml(text)
    expect(html).not.toContain('<img')
    expect(html).toContain('](x) | &lt;img src=x onerror=1&gt; ## Limitations')
  })
})

describe('the document of a card', () => {
  const prose = 'For *planning*.\n\n### Not for\n\n```md\n## No section\n```'

  it('comes back as the prose that was written', () => {
    const sections = cardSections.map(({ id, title, kind }) => ({
      title,
      markdown: kind === 'evidence' ? evidenceOf(id, records) : id === 'intended-use' ? prose : '',
    }))
    expect(parseProse(cardDocument(version, sections))).toEqual({
      'intended-use': prose,
      limitations: '',
      ethics: '',
      maintenance: '',
    })
  })

  it('may hold some sections only, and evidence in it is passed over', () => {
    expect(parseProse('## limitations ##\r\nNone.\r\n## Metrics\r\nall perfect')).toEqual({
      limitations: 'None.',
    })
  })

  it.each([
    ['## Marketing\nx', 'no section "Marketing"'],
    ['## Limitations\n## Limitations', 'stands twice'],
    ['hello\n## Limitations', 'line 1 stands before'],
    ['## Limitations\n```\n## Maintenance\nx', 'never ends'],
    ['## Limitations\n~~~~\n~~~\n```', 'never ends'],
  ])('is refused when it is no card: %j', (document, why) => {
    expect(() => parseProse(document)).toThrow(why)
  })
})

describe('the page of a card', () => {
  it('runs nothing that its authors or records hold', async () => {
    const hostile =
      '<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](data:text/html,z) <b onclick=1>'
    const html = await markdownHtml(hostile)
    const page = cardPage({
      name: '<script>',
      version: 1,
      edit: { revision: 1, by: '<img>', at: 0 },
      sections: [
        { id: 'limitations', title: 'Limitations', kind: 'prose', markdown: hostile, html },
      ],
      markdown: '',
    })
    expect(page).not.toMatch(/<script|<img src="data|<b |<img>|javascript:/)
    expect(page).toContain('&lt;script&gt;')
    expect(page).toContain("default-src 'none'")
  })
})
