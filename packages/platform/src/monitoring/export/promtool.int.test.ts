import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { monitorDeclaration } from '@kaizen/contracts'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MonitorRecord } from '../model.ts'
import type { MonitorReader } from '../monitor-reader.ts'
import { alertRules } from './alert-rules.ts'
import { registerMonitoringMetrics } from './prometheus.ts'

/** Prometheus' own tool: the one that CI takes from Debian, else the machine's. */
const promtool = process.env['KAIZEN_PROMTOOL'] ?? '/usr/bin/promtool'
const isThere = process.env['KAIZEN_REQUIRE_SERVICES'] === '1' || existsSync(promtool)

const monitor = (name: string, alerts: readonly object[]): MonitorRecord =>
  ({
    name,
    declaration: monitorDeclaration.parse({ name, endpoint: 'e', window: '1h', alerts }),
  }) as unknown as MonitorRecord
const odd = `missing:it's "odd" \\ {{ $value }} {{ nope`
const monitors = [
  monitor('bike-watch', [
    { name: 'inputs-out-of-range', metric: 'range:any', above: 0, severity: 'critical' },
    { name: 'too-few', metric: 'volume:rows', below: 100, windows: 2, of: 3 },
    { name: 'drifts', metric: 'drift:any:psi' },
    { name: 'odd-one', metric: odd, above: 0.5 },
  ]),
  monitor('quiet', []),
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-promtool-'))
})
afterAll(() => rm(folder, { recursive: true }))

const run = async (args: readonly string[], input = ''): Promise<string> => {
  const running = promisify(execFile)(promtool, args)
  running.child.stdin?.end(input)
  const { stdout, stderr } = await running.catch((failure: { stdout: string; stderr: string }) => {
    throw new Error(`${failure.stdout}${failure.stderr}`)
  })
  return stdout + stderr
}
const file = async (name: string, content: unknown): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(content))
  return path
}
const selector = (name: string, metric: string): string =>
  `{monitor=${JSON.stringify(name)},metric=${JSON.stringify(metric)}}`

it.runIf(isThere)(
  'promtool finds nothing wrong with the rules, and they fire where they should',
  async () => {
    const rules = await file('rules.yml', alertRules(monitors))
    expect(await run(['check', 'rules', rules])).toContain('4 rules found')
    const series = (name: string, metric: string, values: string) => ({
      series: `${name}${selector('bike-watch', metric)}`,
      values,
    })
    const firing = (
      alertname: string,
      rule: string,
      severity: string,
      metric: string,
      of: string,
    ) => ({
      eval_time: '1m',
      alertname: `bike_watch_${alertname}`,
      exp_alerts: [
        {
          exp_labels: { severity, monitor: 'bike-watch', rule, metric },
          exp_annotations: {
            summary: `bike-watch: ${metric}`,
            description: `Rule ${rule} of the Kaizen monitor bike-watch; ${of} windows open its alert there.`,
          },
        },
      ],
    })
    const quiet = (alertname: string) => ({ eval_time: '0m', alertname, exp_alerts: [] })
    const tests = await file('tests.yml', {
      rule_files: [rules],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            series('kaizen_monitor_value', 'range:any', '0 0.01'),
            series('kaizen_monitor_value', 'volume:rows', '100 99'),
            series('kaizen_monitor_drifted', 'drift:any:psi', '0 1'),
            series('kaizen_monitor_value', odd, '0.5 0.6'),
          ],
          alert_rule_test: [
            ...['inputs_out_of_range', 'too_few', 'drifts', 'odd_one'].map((name) =>
              quiet(`bike_watch_${name}`),
            ),
            firing('inputs_out_of_range', 'inputs-out-of-range', 'critical', 'range:any', '1 of 1'),
            firing('too_few', 'too-few', 'warning', 'volume:rows', '2 of 3'),
            firing('drifts', 'drifts', 'warning', 'drift:any:psi', '1 of 1'),
            firing('odd_one', 'odd-one', 'warning', odd, '1 of 1'),
          ],
        },
      ],
    })
    expect(await run(['test', 'rules', tests])).toContain('SUCCESS')
  },
)

it.runIf(isThere)(
  'promtool finds nothing wrong with the metrics of monitors, whatever they are called',
  async () => {
    const registry = new Registry()
    registerMonitoringMetrics(registry, {
      newest: async () =>
        ['volume:rows', odd, 'new:línea\nzwei'].map((metric) => ({
          monitor: 'bike-watch',
          metric,
          value: 0.25,
          drifted: false,
          at: 3_600_000,
        })),
      states: async () => ({ alerting: 1, drifting: 0, unknown: 0, ok: 0, waiting: 0 }),
      openAlerts: async () => [{ monitor: 'bike-watch', severity: 'critical', count: 2 }],
    } as unknown as MonitorReader)
    const text = await registry.metrics()
    expect(await run(['check', 'metrics'], text)).toBe('')
  },
)
