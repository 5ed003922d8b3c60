import type { ColumnProfile, DataReport, PersonalData } from '@kaizen/contracts'
import { formatCount, formatPlain, formatShare } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'

/** The figures behind a report: personal data, outliers, and the quantiles of every column. */
export function ReportDetails({ report }: { readonly report: DataReport }) {
  const outliers = report.outliers.filter(({ below, above }) => below + above > 0)
  const csvName = (what: string) => `${report.dataset}-${report.version}-${what}`
  return (
    <>
      {report.personalData.length > 0 && (
        <Section title="Personal data" aside="examples are masked">
          <Table
            label="Personal data"
            columns={personalColumns}
            rows={report.personalData}
            rowKey={(row) => `${row.column} ${row.kind}`}
            csvName={csvName('personal-data')}
          />
        </Section>
      )}
      {outliers.length > 0 && (
        <Section title="Outliers" aside="beyond 1.5 interquartile ranges from the quartiles">
          <Table
            label="Outliers"
            columns={outlierColumns(report.rowCount)}
            rows={outliers}
            rowKey={(row) => row.column}
            height={280}
            csvName={csvName('outliers')}
          />
        </Section>
      )}
      {report.textForms.length > 0 && (
        <Section
          title="Forms of texts"
          aside="A: capital letters, a: other letters, 9: digits; other signs as they are"
        >
          <Table
            label="Forms of texts"
            columns={formColumns}
            rows={report.textForms}
            rowKey={(row) => row.column}
            height={240}
            csvName={csvName('forms')}
          />
        </Section>
      )}
      <Section title="Quantiles">
        <Table
          label="Quantiles"
          columns={quantileColumns}
          rows={report.columns.filter(({ quantiles }) => quantiles !== null)}
          rowKey={(row) => row.name}
          height={320}
          csvName={csvName('quantiles')}
        />
      </Section>
    </>
  )
}

const personalColumns: readonly TableColumn<PersonalData>[] = [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.column },
  { id: 'kind', header: 'Form', minWidth: 160, cell: (row) => row.kind.replaceAll('-', ' ') },
  {
    id: 'share',
    header: 'Share of values',
    width: 140,
    align: 'end',
    cell: (row) => formatShare(row.share),
    sort: (row) => row.share,
  },
  { id: 'examples', header: 'Examples', minWidth: 280, cell: (row) => row.examples.join(', ') },
]

type TextForms = DataReport['textForms'][number]

const formColumns: readonly TableColumn<TextForms>[] = [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.column },
  {
    ...figure('distinct', 'Forms', (row: TextForms) => formatCount(row.distinct)),
    sort: (row) => row.distinct,
  },
  {
    id: 'forms',
    header: 'Most frequent',
    minWidth: 280,
    cell: ({ forms, rows }) =>
      forms.map(({ form, rows: n }) => `${form} (${formatShare(n / rows)})`).join(', '),
  },
]

type Outliers = DataReport['outliers'][number]

const outlierColumns = (rows: number): readonly TableColumn<Outliers>[] => [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.column },
  figure('lower', 'Fence below', (row: Outliers) => formatPlain(row.lower)),
  figure('below', 'Rows below', (row: Outliers) => formatCount(row.below)),
  figure('upper', 'Fence above', (row: Outliers) => formatPlain(row.upper)),
  figure('above', 'Rows above', (row: Outliers) => formatCount(row.above)),
  {
    ...figure('share', 'Share', (row: Outliers) =>
      formatShare(rows === 0 ? null : (row.below + row.above) / rows),
    ),
    sort: (row) => row.below + row.above,
  },
]

function figure<Row>(
  id: string,
  header: string,
  cell: (row: Row) => string | null,
): TableColumn<Row> {
  return { id, header, width: 110, align: 'end', cell }
}

const bound = (value: ColumnProfile['min']): string | null =>
  typeof value === 'number' ? formatPlain(value) : value

const quantileColumns: readonly TableColumn<ColumnProfile>[] = [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.name },
  figure('min', 'Min', (row: ColumnProfile) => bound(row.min)),
  ...['5 %', '25 %', 'Median', '75 %', '95 %'].map((header, at) =>
    figure(header, header, (row: ColumnProfile) => formatPlain(row.quantiles?.[at + 1] ?? null)),
  ),
  figure('max', 'Max', (row: ColumnProfile) => bound(row.max)),
  figure('mean', 'Mean', (row: ColumnProfile) => formatPlain(row.mean)),
  figure('deviation', 'Deviation', (row: ColumnProfile) => formatPlain(row.standardDeviation)),
]
