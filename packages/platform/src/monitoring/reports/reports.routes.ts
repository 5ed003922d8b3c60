import { monitorReportsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { ReportBuilder } from './service.ts'

/** HTTP surface of named reports. */
export const reportRoutes = (reports: ReportBuilder): readonly Route[] => [
  route(monitorReportsApi.list, ({ query }) => reports.list(query.limit, query.pageToken)),
  route(monitorReportsApi.get, ({ params }) => reports.get(params.name)),
  route(monitorReportsApi.put, ({ params, body, actor }) => reports.put(actor, params.name, body)),
  route(monitorReportsApi.delete, async ({ params, actor }) => {
    await reports.delete(actor, params.name)
    return {}
  }),
  route(monitorReportsApi.preview, ({ body }) => reports.preview(body)),
  route(monitorReportsApi.document, async ({ params, query, reply }) => {
    const report = await reports.document(params.name)
    const day = new Date(report.to).toISOString().slice(0, 10)
    const file = `${params.name}-${day}.${query.format}`
    void reply.header('content-disposition', `attachment; filename="${file}"`)
    if (query.format === 'json') {
      return reply.type('application/json').send(JSON.stringify(report))
    }
    const { reportHtml } = await import('./html.ts')
    return reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .type('text/html; charset=utf-8')
      .send(reportHtml(report))
  }),
  route(monitorReportsApi.send, async ({ params, actor }) => ({
    deliveries: [...(await reports.send(actor, params.name))],
  })),
  route(monitorReportsApi.deliveries, ({ params, query }) =>
    reports.deliveries(params.name, query.limit, query.pageToken),
  ),
]
