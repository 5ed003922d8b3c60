import { dataReportApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { reportPage } from './report/report-page.ts'
import type { ReportService } from './report.service.ts'

export const reportRoutes = (reports: ReportService): readonly Route[] => [
  route(dataReportApi.report, ({ params, query }) =>
    reports.report(params.name, params.version, query.target),
  ),
  route(dataReportApi.reportPage, async ({ params, query, reply }) => {
    const page = reportPage(await reports.report(params.name, params.version, query.target))
    const name = `${params.name}-${params.version}.html`
    await reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .header('content-disposition', `inline; filename="${name}"`)
      .send(page)
  }),
  route(dataReportApi.compare, ({ params, query }) =>
    reports.compare(params.name, [query.before, query.after], query.key?.split(',') ?? []),
  ),
]
