import { boundOf } from '../alerting/alerts.ts'
import type { MonitorRecord } from '../model.ts'

/**
 * Alert rules for Prometheus: one for each rule of each monitor with a bound, over `kaizen_monitor_value`, else over the
 * monitor's own verdict. JSON is YAML, and leaves nothing to be quoted wrongly.
 */
export const alertRules = (monitors: readonly MonitorRecord[]): unknown => ({
  groups: monitors
    .filter(({ declaration }) => declaration.alerts.length > 0)
    .map((monitor) => ({
      name: `kaizen:${monitor.name}`,
      rules: monitor.declaration.alerts.map((rule) => ({
        alert: `${alertName(monitor.name)}_${alertName(rule.name)}`,
        expr: expressionOf(monitor.name, rule),
        labels: { severity: rule.severity, monitor: monitor.name, rule: rule.name },
        annotations: {
          summary: plain(`${monitor.name}: ${rule.metric}`),
          description: plain(
            `Rule ${rule.name} of the Kaizen monitor ${monitor.name}; ${rule.windows} of ${rule.of} windows open its alert there.`,
          ),
        },
      })),
    })),
})

function expressionOf(
  monitor: string,
  rule: MonitorRecord['declaration']['alerts'][number],
): string {
  const selector = `{monitor=${JSON.stringify(monitor)},metric=${JSON.stringify(rule.metric)}}`
  const limit = boundOf(rule, null)
  return limit
    ? `kaizen_monitor_value${selector} ${limit.side === 'above' ? '>' : '<'} ${limit.bound}`
    : `kaizen_monitor_drifted${selector} == 1`
}

/** Annotations are templates: what columns are called is not to be run as one. */
const plain = (text: string): string => text.replaceAll('{{', '{{"{{"}}')

/** Letters, digits and underscores, as Prometheus' names are by custom. */
const alertName = (name: string): string => name.replaceAll(/[^a-zA-Z0-9]+/g, '_')
