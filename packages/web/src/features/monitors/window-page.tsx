import type { monitoringApi, ResponseOf, Statistic } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fragment } from 'react'
import { DistributionPlot } from '../../shared/charts/histogram.tsx'
import { formatCount, formatNumber, formatShare } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { windowQuery } from './api.ts'
import { figureColumn } from './metric-columns.tsx'
import { metricWord, verdictOf } from './prepare.ts'
import './monitor.css'

const route = getRouteApi('/monitor-windows/$id')
type Window = ResponseOf<typeof monitoringApi.window>

/** One closed window: every statistic with its bound, and the distributions behind them. */
export function WindowPage() {
  const { id } = route.useParams()
  const query = useQuery(windowQuery(id))
  return (
    <Loaded query={query} skeleton={<Skeleton height={420} />}>
      {(window) => <Found window={window} />}
    </Loaded>
  )
}

function Found({ window }: { readonly window: Window }) {
  // Late labels restate performance windows alone.
  const isPerformance = window.kind === 'performance'
  return (
    <Page
      title={formatSpan(window.from, window.to)}
      crumbs={[
        { label: 'Monitors', href: paths.monitors },
        { label: window.monitor, href: `${paths.monitor(window.monitor)}?tab=windows` },
      ]}
      badges={
        <>
          <Tag>{window.kind}</Tag>
          {window.revision > 1 && <Tag>restated {window.revision - 1}×</Tag>}
        </>
      }
    >
      <Section title="Window">
        <Facts
          facts={[
            { label: 'Rows', value: formatCount(window.rows) },
            ...(isPerformance
              ? [
                  {
                    label: 'Labelled',
                    value: `${formatCount(window.labelled)} (${formatShare(window.completeness)})`,
                  },
                ]
              : []),
            { label: 'Model versions', value: window.modelVersions.join(', ') || '–' },
            { label: 'Closed', value: <When at={window.closedAt} full /> },
            ...window.deliveries.map(({ channel, state, error }) => ({
              label: `Told to ${channel}`,
              value: error === null ? state : `${state}: ${error}`,
            })),
            ...window.revisions.map((revision) => ({
              label: `Revision ${revision.revision}`,
              value: isPerformance ? (
                `${formatCount(revision.labelled)} labelled`
              ) : (
                <When at={revision.closedAt} full />
              ),
            })),
          ]}
        />
      </Section>
      {window.distributions.length > 0 && (
        <Section
          title="Distributions"
          aside={
            <>
              <span className="key key-reference">reference</span>
              <span className="key key-current">this window</span>
            </>
          }
        >
          <ul className="distributions">
            {window.distributions.map((distribution) => (
              <Distribution key={distribution.column} window={window} distribution={distribution} />
            ))}
          </ul>
        </Section>
      )}
      <Section title="Statistics">
        <Table
          label="Statistics"
          primary
          columns={columns}
          rows={window.statistics}
          rowKey={(row) => row.metric}
          csvName={`window-${window.id}`}
        />
      </Section>
    </Page>
  )
}

function Distribution(props: {
  readonly window: Window
  readonly distribution: Window['distributions'][number]
}) {
  const { window, distribution } = props
  const statistics = window.statistics.filter(
    (one) => one.column === distribution.column && !one.metric.includes('@'),
  )
  const worst = statistics.find((one) => one.drifted === true) ?? statistics[0]
  const verdict = worst && verdictOf(worst)
  return (
    <li>
      <div className="distribution-head">
        <b>{distribution.column}</b>
        {verdict && <Status state={verdict.state} label={verdict.label} />}
      </div>
      <DistributionPlot
        reference={distribution.reference}
        current={distribution.current}
        height={72}
        label={`${distribution.column}: reference against this window`}
      />
      <p className="soft small">
        {statistics.map((one, index) => (
          <Fragment key={one.metric}>
            {index > 0 && ' · '}
            <span className="nowrap">
              {metricWord(one.method)} {formatNumber(one.value, 3)}
              {one.threshold !== null && ` of ${formatNumber(one.threshold, 3)}`}
            </span>
          </Fragment>
        ))}
      </p>
    </li>
  )
}

const columns: readonly TableColumn<Statistic>[] = [
  {
    id: 'metric',
    header: 'Statistic',
    width: 190,
    cell: (row) => row.metric,
    sort: (row) => row.metric,
  },
  figureColumn({ id: 'value', header: 'Value', width: 96, value: (row) => row.value }),
  figureColumn({ id: 'bound', header: 'Bound', width: 90, value: (row) => row.threshold }),
  figureColumn({ id: 'p', header: 'p-value', width: 96, value: (row) => row.pValue }),
  {
    id: 'verdict',
    header: 'Verdict',
    width: 240,
    cell: (row) => {
      const verdict = verdictOf(row)
      return <Status state={verdict.state} label={verdict.label} />
    },
    sort: (row) => verdictOf(row).label,
  },
  {
    id: 'rows',
    header: 'Rows, reference',
    width: 130,
    align: 'end',
    cell: (row) => formatCount(row.referenceRows),
    sort: (row) => row.referenceRows,
  },
  {
    id: 'current',
    header: 'Rows, window',
    width: 120,
    align: 'end',
    cell: (row) => formatCount(row.currentRows),
    sort: (row) => row.currentRows,
  },
  { id: 'note', header: 'Note', minWidth: 180, cell: (row) => row.note },
]
