import { monitorExportApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { MonitoringService } from '../service.ts'
import { alertRules } from './alert-rules.ts'
import { grafanaDashboard } from './grafana.ts'
import { htmlReport, jsonReport } from './report.ts'

/** What other tools take from monitors: overviews, causes, rules, dashboards and reports. */
export function monitorExportRoutes({ reader, causes }: MonitoringService): readonly Route[] {
  return [
    route(monitorExportApi.overview, ({ query }) => reader.overview(query.limit, query.pageToken)),
    route(monitorExportApi.states, () => reader.states()),
    route(monitorExportApi.causes, ({ params, query }) => causes.find(params.name, query)),
    route(monitorExportApi.alertRules, async ({ reply }) =>
      reply
        .type('application/yaml')
        .send(JSON.stringify(alertRules(await reader.records()), null, 2)),
    ),
    route(monitorExportApi.dashboard, async ({ params, reply }) => {
      const dashboard = grafanaDashboard(
        await reader.record(params.name),
        await reader.metrics(params.name),
      )
      return reply.type('application/json').send(JSON.stringify(dashboard, null, 2))
    }),
    route(monitorExportApi.report, async ({ params, query, reply }) => {
      const { report, distributions } = await reader.window(params.id)
      const monitor = await reader.view(report.monitor)
      const input = { monitor, window: report, distributions }
      const name = `${report.monitor}-${new Date(report.to).toISOString().slice(0, 13)}`
      void reply.header('content-disposition', `attachment; filename="${name}.${query.format}"`)
      return query.format === 'html'
        ? reply.type('text/html; charset=utf-8').send(htmlReport(input))
        : reply.type('application/json').send(JSON.stringify(jsonReport(input)))
    }),
  ]
}
