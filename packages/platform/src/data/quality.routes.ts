import { Readable } from 'node:stream'
import { dataQualityApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { csvLine } from './csv-line.ts'
import { declinedExpectations, expectationTypes } from './expectations/expectations.ts'
import type { QualityService } from './quality.service.ts'
import { rowsOf } from './rows.ts'

export const qualityRoutes = (quality: QualityService): readonly Route[] => [
  route(dataQualityApi.expectations, async () => ({
    supported: [...expectationTypes],
    declined: { ...declinedExpectations },
  })),
  route(dataQualityApi.suites, ({ params, query }) =>
    quality.suites(params.name, query.limit, query.pageToken),
  ),
  route(dataQualityApi.suite, ({ params }) => quality.suite(params.name, params.suite)),
  route(dataQualityApi.putSuite, ({ params, body, actor }) =>
    quality.saveSuite(actor, { dataset: params.name, name: params.suite, ...body }),
  ),
  route(dataQualityApi.deleteSuite, async ({ params, actor }) => {
    await quality.deleteSuite(actor, params.name, params.suite)
    return { deleted: params.suite }
  }),
  route(dataQualityApi.inferSuite, async ({ params, body }) => ({
    expectations: [...(await quality.infer(params.name, params.version, body.absent))],
  })),
  route(dataQualityApi.getContract, async ({ params }) => ({
    contract: await quality.contract(params.name),
  })),
  route(dataQualityApi.contract, async ({ params, body, actor }) => {
    await quality.setContract(actor, params.name, body.contract)
    return { contract: body.contract }
  }),
  route(dataQualityApi.validate, ({ params, body, actor }) =>
    quality.validate(actor, params.name, params.version, body),
  ),
  route(dataQualityApi.validations, ({ params, query }) =>
    quality.validations(params.name, query.limit, query.pageToken),
  ),
  route(dataQualityApi.validation, async ({ params }) => {
    const { rowsDigest: _, ...validation } = await quality.validation(params.name, params.id)
    return validation
  }),
  route(dataQualityApi.failedRows, async ({ params, query }) => {
    const table = await quality.failedRows(params.name, params.id, query)
    const next = table.rowCount === query.limit ? query.after + table.rowCount : null
    const columns = table.columns.map(({ name }) => name)
    return { columns, rows: rowsOf(table), masked: [...table.masked], next }
  }),
  route(dataQualityApi.failedRowsFile, async ({ params, reply }) => {
    await quality.validation(params.name, params.id)
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${params.id}.csv"`)
      .send(Readable.from(failedRowsCsv(quality, params)))
  }),
]

const rowsAtOnce = 5_000

/** Lines of the rows that failed, under their names; a part of them at a time. */
async function* failedRowsCsv(
  quality: QualityService,
  { name, id }: { readonly name: string; readonly id: string },
): AsyncGenerator<string> {
  for (let after = 0; ; after += rowsAtOnce) {
    const table = await quality.failedRows(name, id, { limit: rowsAtOnce, after })
    if (after === 0) yield csvLine(table.columns.map((column) => column.name))
    if (table.rowCount > 0) yield rowsOf(table).map(csvLine).join('')
    if (table.rowCount < rowsAtOnce) return
  }
}
