import type { MonitorView } from '@kaizen/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Chart } from '../../shared/charts/chart.tsx'
import type { Range } from '../../shared/format/range.ts'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { metricsQuery, seriesQuery } from './api.ts'
import { MarkLegend } from './mark-legend.tsx'
import { metricChart, wholeMetrics } from './prepare.ts'

interface Props {
  readonly monitor: MonitorView
  readonly range: Range
  readonly onRange: (range: Range) => void
}

/** What is watched beside single columns: volume, freshness, errors, latency, estimates, calibration, fairness. */
export function MetricCharts(props: Props) {
  const query = useQuery(metricsQuery(props.monitor.name))
  return (
    <Loaded query={query} skeleton={<Skeleton height={360} />}>
      {({ metrics }) => {
        const shown = wholeMetrics(metrics)
        return shown.length === 0 ? (
          <State icon="monitors" title="No window has closed yet" command="kaizen monitors list" />
        ) : (
          <div className="metric-grid">
            {shown.map(({ metric, label, lack }, index) => (
              <MetricChart
                key={metric}
                {...props}
                metric={metric}
                label={label}
                lack={lack}
                height={150}
                withLegend={index < 2}
              />
            ))}
          </div>
        )
      }}
    </Loaded>
  )
}

/** One metric over time, with its bounds and what happened meanwhile. */
export function MetricChart(
  props: Props & {
    readonly metric: string
    readonly label: string
    readonly height: number
    /** Why the last window has no value. */
    readonly lack?: string | null
    /** Many charts in a row share one legend of their marks. */
    readonly withLegend?: boolean
  },
) {
  const { monitor, range, metric } = props
  const query = useQuery({
    ...seriesQuery(monitor.name, metric, range),
    placeholderData: keepPreviousData,
  })
  const chart = useMemo(
    () => (query.data ? metricChart(query.data, props.label) : null),
    [query.data, props.label],
  )
  return (
    <div className="section">
      <Loaded query={query} skeleton={<Skeleton height={props.height} />}>
        {(data) =>
          chart && (
            <>
              <Chart
                title={props.label}
                chart={chart}
                height={props.height}
                note={`${monitor.declaration.window} windows, UTC`}
                syncKey={`monitor-${monitor.name}`}
                onZoom={(from, to) => props.onRange({ from, to })}
                onReset={() => props.onRange({})}
              />
              {props.lack && (
                <p className="faint small">No value in the last window: {props.lack}</p>
              )}
              {props.withLegend !== false && <MarkLegend marks={data.annotations} />}
            </>
          )
        }
      </Loaded>
    </div>
  )
}
