import type { MonitorView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { formatCount, formatNumber } from '../../shared/format/number.ts'
import type { Range } from '../../shared/format/range.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { metricsQuery } from './api.ts'
import { MetricChart } from './metric-charts.tsx'
import { type Choice, choosableColumn } from './metric-columns.tsx'
import { metricWord } from './prepare.ts'
import {
  type DriftWithin,
  driftWithin,
  type Segment,
  segmentMetrics,
  segmentsOf,
} from './segment-tables.ts'

interface Props {
  readonly monitor: MonitorView
  readonly metric: string | undefined
  readonly range: Range
  readonly onRange: (range: Range) => void
  readonly onMetric: (metric: string) => void
}

/** Volume and performance of each segment; the chosen figure over time. */
export function Segments(props: Props) {
  const { monitor, metric, onMetric } = props
  const query = useQuery(metricsQuery(monitor.name))
  const segments = useMemo(() => segmentsOf(query.data?.metrics ?? []), [query.data])
  const within = useMemo(() => driftWithin(query.data?.metrics ?? []), [query.data])
  const columns = useMemo(
    () => columnsOf(segments, { chosen: metric, choose: onMetric }),
    [segments, metric, onMetric],
  )
  return (
    <Loaded query={query} skeleton={<Skeleton height={360} />}>
      {() =>
        segments.length === 0 ? (
          <State icon="monitors" title="No segments are watched" command="kaizen plan">
            <p>A monitor's declaration names the columns in segments.</p>
          </State>
        ) : (
          <div className="stack">
            {metric?.includes('@') && (
              <MetricChart {...props} metric={metric} label={metric} height={220} />
            )}
            <Section
              title="Segments"
              aside="last closed window; choose a number to see it over time"
            >
              <Table
                label="Segments"
                primary
                columns={columns}
                rows={segments}
                rowKey={(row) => row.name}
                csvName={`${monitor.name}-segments`}
              />
            </Section>
            {within.map((cut) => (
              <Section
                key={cut.cutBy}
                title={`Drift within ${cut.cutBy}`}
                aside="largest gap to the segment's own reference; a dot: too few rows to say"
              >
                <Table
                  label={`Drift within ${cut.cutBy}`}
                  columns={withinColumns(cut, { chosen: metric, choose: onMetric })}
                  rows={cut.columns}
                  rowKey={(row) => row.column}
                  csvName={`${monitor.name}-drift-within-${cut.cutBy}`}
                />
              </Section>
            ))}
          </div>
        )
      }
    </Loaded>
  )
}

const columnsOf = (
  segments: readonly Segment[],
  choice: Choice,
): readonly TableColumn<Segment>[] => [
  {
    id: 'segment',
    header: 'Segment',
    minWidth: 200,
    cell: (row) => (row.name === 'any' ? 'any of them' : row.name),
    sort: (row) => row.name,
  },
  ...segmentMetrics(segments).map((name) =>
    choosableColumn<Segment>(
      {
        id: name,
        header: headerOf(name),
        width: 110,
        of: (row) => row.metrics.find((one) => one.name === name),
        format: name === 'volume:rows' ? formatCount : formatNumber,
      },
      choice,
    ),
  ),
]

const headers: Readonly<Record<string, string>> = {
  'drift:any:gap': 'largest drift',
  'prediction:gap': 'drift of answers',
}
const headerOf = (name: string): string =>
  headers[name] ?? metricWord(name.replace('performance:', '').replace('volume:', ''))

const withinColumns = (
  { values }: DriftWithin,
  choice: Choice,
): readonly TableColumn<DriftWithin['columns'][number]>[] => [
  {
    id: 'column',
    header: 'Column',
    minWidth: 160,
    cell: (row) => row.column,
    sort: (row) => row.column,
  },
  ...values.map((value) =>
    choosableColumn<DriftWithin['columns'][number]>(
      {
        id: value,
        header: value,
        width: 96,
        of: (row) => row.cells.get(value),
        format: (last) => (last === null ? '·' : formatNumber(last, 3)),
        title: (row) => row.cells.get(value)?.note ?? row.cells.get(value)?.metric,
      },
      choice,
    ),
  ),
]
