import { type DataReport, dataReportApi, type ReportAlert } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatCount, formatPlain, formatShare } from '../../shared/format/number.ts'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { reportQuery } from './api.ts'
import { associationMatrix, type Relation, strongestRelations } from './prepare-report.ts'
import { ReportDetails } from './report-details.tsx'
import './report.css'

interface ReportProps {
  readonly name: string
  readonly version: number
  readonly target: string | undefined
  readonly onTarget: (target: string | undefined) => void
}

/** What a careful analyst would say of a version: what stands out, what goes together, what is missing. */
export function Report({ name, version, target, onTarget }: ReportProps) {
  const query = useQuery(reportQuery(name, version, target))
  return (
    <Loaded query={query} skeleton={<Skeleton height={320} />}>
      {(report) => (
        <>
          <Section title="What stands out" aside={<Choices report={report} onTarget={onTarget} />}>
            {report.alerts.length === 0 ? (
              <State icon="ok" title="Nothing stands out">
                <p>No missing values, duplicates, leaks or personal data worth a word.</p>
              </State>
            ) : (
              <Table
                label="What stands out"
                columns={alertColumns}
                rows={report.alerts}
                rowKey={(row) => `${row.kind} ${row.columns.join()}`}
                csvName={`${name}-${version}-alerts`}
              />
            )}
          </Section>
          <Section title="Rows">
            <Facts facts={factsOf(report)} />
          </Section>
          <Together report={report} />
          <ReportDetails report={report} />
          {report.missingPatterns.length > 0 && (
            <Section title="Missing together">
              <Table
                label="Missing together"
                columns={patternColumns(report.rowCount)}
                rows={report.missingPatterns}
                rowKey={(row) => row.columns.join()}
              />
            </Section>
          )}
        </>
      )}
    </Loaded>
  )
}

function Choices({
  report,
  onTarget,
}: {
  readonly report: DataReport
  readonly onTarget: ReportProps['onTarget']
}) {
  const { dataset, version, target } = report
  const page = dataReportApi.reportPage.path
    .replace(':name', encodeURIComponent(dataset))
    .replace(':version', String(version))
  return (
    <span className="report-choices">
      <label>
        Target{' '}
        <select
          className="field"
          value={target ?? ''}
          onChange={(event) => onTarget(event.target.value || undefined)}
        >
          <option value="">none</option>
          {report.columns.map((column) => (
            <option key={column.name}>{column.name}</option>
          ))}
        </select>
      </label>
      <a href={`${page}${target === null ? '' : `?target=${encodeURIComponent(target)}`}`}>
        as one HTML file
      </a>
    </span>
  )
}

const alertColumns: readonly TableColumn<ReportAlert>[] = [
  {
    id: 'severity',
    header: 'Severity',
    width: 110,
    cell: (row) => <Status state={row.severity} />,
    text: (row) => row.severity,
  },
  { id: 'kind', header: 'Kind', width: 130, cell: (row) => row.kind.replaceAll('-', ' ') },
  { id: 'message', header: 'What stands out', minWidth: 420, cell: (row) => row.message },
]

const factsOf = (report: DataReport) => [
  { label: 'Rows', value: formatCount(report.rowCount) },
  { label: 'Columns', value: formatCount(report.columns.length) },
  {
    label: 'Duplicate rows',
    value: `${formatCount(report.duplicateRows)} (${formatShare(report.rowCount === 0 ? null : report.duplicateRows / report.rowCount)})`,
  },
  {
    label: 'Outside the fences',
    value:
      report.outliers
        .filter(({ below, above }) => below + above > 0)
        .sort((a, b) => b.below + b.above - a.below - a.above)
        .slice(0, 4)
        .map(({ column, below, above }) => `${column} ${formatCount(below + above)}`)
        .join(', ') || 'no value',
  },
]

/** More columns than this make the matrix unreadable; the list of relations has them all. */
const widestMatrix = 24

function Together({ report }: { readonly report: DataReport }) {
  const matrix = associationMatrix(report)
  const relations = strongestRelations(report)
  if (relations.length === 0) return null
  const title = report.target === null ? 'What goes together' : `What goes with ${report.target}`
  return (
    <Section title={title} aside={`measured on ${formatCount(report.sampledRows)} rows`}>
      {matrix.columns.length <= widestMatrix && <MatrixTable report={report} />}
      <Table
        label={title}
        columns={relationColumns}
        rows={relations}
        rowKey={(row) => JSON.stringify([row.column, row.other, row.measure])}
        height={360}
        csvName={`${report.dataset}-${report.version}-associations`}
      />
    </Section>
  )
}

const relationColumns: readonly TableColumn<Relation>[] = [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.column },
  { id: 'other', header: 'With', minWidth: 140, cell: (row) => row.other },
  { id: 'measure', header: 'Measure', width: 150, cell: (row) => row.measure },
  {
    id: 'value',
    header: 'Strength',
    width: 110,
    align: 'end',
    cell: (row) => formatPlain(row.value, 3),
    sort: (row) => Math.abs(row.value),
  },
]

function MatrixTable({ report }: { readonly report: DataReport }) {
  const { columns, rows } = associationMatrix(report)
  return (
    <section
      className="matrix-scroll"
      aria-label="Associations of all columns"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="matrix">
        <thead>
          <tr>
            <td />
            {columns.map((name) => (
              <th key={name} scope="col">
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.column}>
              <th scope="row">{row.column}</th>
              {row.cells.map((cell) => (
                <td
                  key={cell.b}
                  title={cell.title}
                  data-sign={cell.value !== null && cell.value < 0 ? 'minus' : 'plus'}
                  style={{ '--strength': Math.abs(cell.value ?? 0) } as React.CSSProperties}
                >
                  {cell.a === cell.b ? '' : cell.value === null ? '–' : cell.value.toFixed(2)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const patternColumns = (
  rowCount: number,
): readonly TableColumn<DataReport['missingPatterns'][number]>[] => [
  {
    id: 'columns',
    header: 'Missing in the same row',
    minWidth: 320,
    cell: (row) => (row.columns.length === 0 ? 'nothing' : row.columns.join(', ')),
  },
  { id: 'rows', header: 'Rows', width: 110, align: 'end', cell: (row) => formatCount(row.rows) },
  {
    id: 'share',
    header: 'Share',
    width: 90,
    align: 'end',
    cell: (row) => formatShare(rowCount === 0 ? null : row.rows / rowCount),
  },
]
