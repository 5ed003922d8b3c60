import { readFileSync } from 'node:fs'
import { monitorDeclaration } from '@kaizen/contracts'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import type { MetricPoint, MonitorRecord } from '../model.ts'
import { grafanaDashboard } from './grafana.ts'

const schema = new URL('../../../fixtures/schemas/grafana/dashboard.schema.json', import.meta.url)
const validate = new Ajv({ allErrors: true, strict: false }).compile(
  JSON.parse(readFileSync(schema, 'utf8')),
)

const monitor = {
  name: `watch-${'x'.repeat(60)}`,
  version: 3,
  declaration: monitorDeclaration.parse({ name: 'watch', endpoint: 'demand', window: '1h' }),
} as unknown as MonitorRecord
const metrics = [
  ...Array.from({ length: 200 }, (_, i) => `drift:column ${i}:psi`),
  ...Array.from({ length: 50 }, (_, i) => `missing:it's "odd" \\ ${i}`),
  'performance:mae',
  'performance:mae@city=Paris (75)',
  'custom:takings:lost',
  'volume:rows',
].map((metric) => ({ metric }) as MetricPoint)

const dashboard = JSON.parse(JSON.stringify(grafanaDashboard(monitor, metrics))) as {
  readonly panels: readonly {
    readonly id: number
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

it('a dashboard fits the schema of Grafana, with panels of their own numbers and places', () => {
  validate(dashboard)
  expect(validate.errors).toBeNull()
  const { panels } = dashboard
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24)
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)}:${y + Math.floor(i / w)}`)
  })
  expect(new Set(cells).size).toBe(cells.length)
})

it('the schema refuses what Grafana does not know', () => {
  const [first, ...rest] = dashboard.panels
  expect(validate({ ...dashboard, panels: [{ ...first, kind: 'stat' }, ...rest] })).toBe(false)
  expect(validate({ ...dashboard, schemaVersion: undefined })).toBe(false)
})

it('each metric is drawn by one panel, its segments with it', () => {
  const patterns = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => {
      const text = /metric=~("(?:[^"\\]|\\.)*")/.exec(expr)?.[1]
      return text === undefined ? [] : [new RegExp(`^(?:${JSON.parse(text) as string})$`)]
    }),
  )
  for (const { metric } of metrics)
    expect(patterns.filter((pattern) => pattern.test(metric)).length, metric).toBe(1)
})
