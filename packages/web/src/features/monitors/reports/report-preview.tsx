import type {
  MetricSummary,
  ReportDatasetPart,
  ReportDocument,
  ReportMonitorPart,
} from '@kaizen/contracts'
import { DistributionPlot } from '../../../shared/charts/histogram.tsx'
import { formatCount, formatNumber, formatShare } from '../../../shared/format/number.ts'
import { formatSpan } from '../../../shared/format/time.ts'
import { Section } from '../../../shared/ui/page.tsx'
import { Status } from '../../../shared/ui/status.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { When } from '../../../shared/ui/when.tsx'
import { sparkline } from '../prepare.ts'
import { sectionTitles } from './prepare-reports.ts'
import '../monitor.css'

/** What a report tells, as it would be sent now. */
export function ReportPreview({ report }: { readonly report: ReportDocument }) {
  return (
    <section className="report-preview" aria-label="Preview">
      <Section
        title={report.title}
        aside={`${formatSpan(report.from, report.to)}, counted in ${report.counted}`}
      >
        <ul className="report-findings">
          {report.findings.map((finding) => (
            <li key={finding}>{finding}</li>
          ))}
        </ul>
      </Section>
      {report.monitors.map((part) => (
        <MonitorPart key={part.monitor} part={part} report={report} />
      ))}
      {report.datasets.map((part) => (
        <DatasetPart key={`${part.dataset}@${part.version}`} part={part} />
      ))}
    </section>
  )
}

function MonitorPart(props: { readonly part: ReportMonitorPart; readonly report: ReportDocument }) {
  const { part, report } = props
  if (part.problem !== null) return <Problem name={part.monitor} problem={part.problem} />
  const columns = metricColumns(report)
  return (
    <>
      {part.sections.map(({ section, metrics, omitted }) => (
        <Section
          key={section}
          title={`${part.monitor}: ${sectionTitles[section]}`}
          aside={omitted > 0 ? `${formatCount(omitted)} more are not listed` : undefined}
        >
          <Table
            label={`${part.monitor} ${sectionTitles[section]}`}
            columns={columns}
            rows={metrics}
            rowKey={(row) => row.metric}
            height={360}
            csvName={`${part.monitor}-${section}`}
          />
        </Section>
      ))}
      {part.distributions.length > 0 && (
        <Section title={`${part.monitor}: ${sectionTitles.distributions}`}>
          <ul className="distributions">
            {part.distributions.map(({ column, reference, current }) => (
              <li key={column}>
                <div className="distribution-head">
                  <b>{column}</b>
                </div>
                <DistributionPlot
                  reference={reference}
                  current={current}
                  height={72}
                  label={`${column}: reference against the newest window`}
                />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {part.alerts.length > 0 && (
        <Section title={`${part.monitor}: ${sectionTitles.alerts}`}>
          <ul className="report-findings">
            {part.alerts.map((alert) => (
              <li key={alert.id}>
                <Status state={alert.severity} /> <b>{alert.rule}</b> {alert.message},{' '}
                <When at={alert.openedAt} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}

const Problem = ({ name, problem }: { readonly name: string; readonly problem: string }) => (
  <Section title={name}>
    <p className="section-body">
      <Status state="failed" label={problem} />
    </p>
  </Section>
)

const figure = (value: number | null) => formatNumber(value)

const metricColumns = ({
  compare,
  counted,
}: ReportDocument): readonly TableColumn<MetricSummary>[] => [
  {
    id: 'metric',
    header: 'Metric',
    minWidth: 180,
    cell: (row) => row.metric,
    sort: (row) => row.metric,
  },
  {
    id: 'course',
    header: 'Course',
    width: 150,
    cell: (row) => (
      <svg className="spark" viewBox="0 0 130 20" preserveAspectRatio="none" aria-hidden="true">
        <path d={sparkline(row.points, 130, 20)} />
      </svg>
    ),
  },
  ...(
    [
      ['mean', 'Mean'],
      ['low', 'Lowest'],
      ['high', 'Highest'],
      ['last', 'Last'],
      ...(compare === 'previous' ? ([['previous', 'Mean before']] as const) : []),
      ['threshold', 'Bound'],
    ] as const
  ).map(
    ([id, header]): TableColumn<MetricSummary> => ({
      id,
      header,
      width: 96,
      align: 'end',
      cell: (row) => figure(row[id]),
      sort: (row) => row[id],
    }),
  ),
  {
    id: 'outside',
    header: counted === 'days' ? 'Days over' : 'Windows over',
    width: 130,
    align: 'end',
    cell: (row) =>
      row.judged === 0 ? (
        <span className="faint">no verdict</span>
      ) : (
        `${row.outside} of ${row.judged}`
      ),
    sort: (row) => (row.judged === 0 ? null : row.outside / row.judged),
  },
]

function DatasetPart({ part }: { readonly part: ReportDatasetPart }) {
  if (part.problem !== null) return <Problem name={part.dataset} problem={part.problem} />
  return (
    <Section
      title={`${part.dataset}, version ${part.version}`}
      aside={`${formatCount(part.rows)} rows, ${part.columns} columns, ${formatCount(part.duplicateRows)} duplicates`}
    >
      <ul className="report-findings">
        {part.findings.map(({ severity, message }) => (
          <li key={message}>
            <Status state={severity} /> {message}
          </li>
        ))}
        {part.missing.slice(0, 10).map(({ column, share }) => (
          <li key={column}>
            {column}: {formatShare(share)} missing
          </li>
        ))}
      </ul>
    </Section>
  )
}
