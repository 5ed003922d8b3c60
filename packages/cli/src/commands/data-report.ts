import { writeFile } from 'node:fs/promises'
import { dataReportApi, type VersionComparison } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { versionNumber } from '../dataset-version.ts'
import { given } from '../given.ts'
import { formatNumber, print, renderFacts, renderTable } from '../render.ts'

export const reportCommand = (): Command =>
  apiCommand(
    'report',
    'Look at a version as a careful analyst would: what stands out, in words.',
    'kaizen data report rides --target cnt',
    'kaizen data report rides 3 --html rides.html',
  )
    .argument('<name>', 'the dataset')
    .argument('[version]', 'number of the version; the latest unless told')
    .option('--target <column>', 'the column to be predicted')
    .option('--html <file>', 'write the whole report as one HTML file')
    .action(
      async (
        name: string,
        version: string | undefined,
        flags: { target?: string; html?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const params = { name, version: await versionNumber(client, name, version) }
        const query = given('target', flags.target)
        if (flags.html !== undefined) {
          const response = await client.stream(dataReportApi.reportPage, { params, query })
          await writeFile(flags.html, await response.text())
        }
        const report = await client.call(dataReportApi.report, { params, query })
        print(json, report, () =>
          [
            renderFacts({
              rows: report.rowCount,
              columns: report.columns.length,
              'duplicate rows': report.duplicateRows,
              ...given('written', flags.html),
            }),
            '',
            report.alerts.length === 0
              ? 'Nothing stands out.'
              : renderTable(report.alerts, [
                  { title: 'severity', of: (row) => row.severity },
                  { title: 'what stands out', of: (row) => row.message },
                ]),
            ...(report.textForms.length === 0
              ? []
              : [
                  '\nForms of texts (A: capital letters, a: other letters, 9: digits):',
                  renderTable(report.textForms, [
                    { title: 'column', of: (row) => row.column },
                    { title: 'forms', of: (row) => row.distinct, right: true },
                    {
                      title: 'most frequent',
                      of: ({ forms, rows }) =>
                        forms
                          .map(
                            ({ form, rows: n }) => `${form} (${((n / rows) * 100).toFixed(1)} %)`,
                          )
                          .join(', '),
                    },
                  ]),
                ]),
          ].join('\n'),
        )
      },
    )

export const compareCommand = (): Command =>
  apiCommand(
    'compare',
    'Two versions side by side: schema, rows, and the distribution of each column.',
    'kaizen data compare rides 1 2 --key instant',
  )
    .argument('<name>', 'the dataset')
    .argument('<before>', 'number of a version')
    .argument('<after>', 'number of a version')
    .option('--key <columns>', 'columns that identify a row, separated by commas')
    .action(
      async (
        name: string,
        before: string,
        after: string,
        flags: { key?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const query = {
          before: await versionNumber(client, name, before),
          after: await versionNumber(client, name, after),
          ...given('key', flags.key),
        }
        const comparison = await client.call(dataReportApi.compare, { params: { name }, query })
        print(json, comparison, () => comparisonText(comparison))
      },
    )

function comparisonText({ rows, schema, columns }: VersionComparison): string {
  const named = (list: readonly { readonly name: string }[]): string =>
    list.length === 0 ? 'none' : list.map(({ name }) => name).join(', ')
  return [
    renderFacts({
      rows: `${formatNumber(rows.before)} before, ${formatNumber(rows.after)} after`,
      removed: rows.removed,
      added: rows.added,
      changed: rows.changed,
      'columns added': named(schema.added),
      'columns removed': named(schema.removed),
      'types changed':
        schema.changed.map((each) => `${each.column}: ${each.before} → ${each.after}`).join(', ') ||
        'none',
    }),
    '',
    renderTable(columns, [
      { title: 'column', of: (row) => row.column },
      { title: 'mean before', of: (row) => row.mean.before, right: true },
      { title: 'after', of: (row) => row.mean.after, right: true },
      { title: 'test', of: (row) => ('test' in row.drift ? row.drift.test : null) },
      {
        title: 'statistic',
        of: (row) => ('test' in row.drift ? row.drift.statistic : null),
        right: true,
      },
      {
        title: 'drift',
        of: (row) =>
          'test' in row.drift ? (row.drift.drifted ? 'drifted' : 'no') : row.drift.reason,
      },
    ]),
  ].join('\n')
}
