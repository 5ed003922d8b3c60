import type { MonitorView } from '@kaizen/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Chart } from '../../shared/charts/chart.tsx'
import type { Range } from '../../shared/format/range.ts'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { metricsQuery, seriesQuery } from './api.ts'
import { MarkLegend } from './mark-legend.tsx'
import { MetricChart } from './metric-charts.tsx'
import {
  metricWord,
  type PerformanceGroup,
  performanceChart,
  performanceGroups,
} from './prepare.ts'

interface Props {
  readonly monitor: MonitorView
  readonly range: Range
  readonly onRange: (range: Range) => void
}

/** Error over time, the naive forecast beside it, with what was done about it. */
export function Performance(props: Props) {
  const query = useQuery(metricsQuery(props.monitor.name))
  return (
    <Loaded query={query} skeleton={<Skeleton height={360} />}>
      {({ metrics }) => {
        const groups = performanceGroups(metrics)
        return groups.length === 0 ? (
          <State
            icon="monitors"
            title="No performance yet"
            command="kaizen endpoints feedback --help"
          >
            <p>It is known once ground truth has come for enough predictions.</p>
          </State>
        ) : (
          <div className="stack">
            {groups.map((group, index) => (
              <GroupChart
                key={group.metric}
                {...props}
                group={group}
                height={index === 0 ? 320 : 200}
              />
            ))}
            {metrics.some(({ metric }) => metric === 'labels:completeness') && (
              <MetricChart
                {...props}
                metric="labels:completeness"
                label="Share of labelled rows"
                height={110}
                withLegend={false}
              />
            )}
          </div>
        )
      }}
    </Loaded>
  )
}

function GroupChart(props: Props & { readonly group: PerformanceGroup; readonly height: number }) {
  const { monitor, range, group } = props
  const own = useQuery({
    ...seriesQuery(monitor.name, group.metric, range),
    placeholderData: keepPreviousData,
  })
  const naive = useQuery({
    ...seriesQuery(monitor.name, group.naive ?? '', range),
    enabled: group.naive !== null,
    placeholderData: keepPreviousData,
  })
  const estimated = useQuery({
    ...seriesQuery(monitor.name, group.estimated ?? '', range),
    enabled: group.estimated !== null,
    placeholderData: keepPreviousData,
  })
  const chart = useMemo(() => {
    if (!own.data) return null
    const answers = { own: own.data, estimated: estimated.data, naive: naive.data }
    return performanceChart(group, answers, monitor)
  }, [own.data, estimated.data, naive.data, group, monitor])
  return (
    <div className="section">
      <Loaded query={own} skeleton={<Skeleton height={props.height} />}>
        {(data) =>
          chart && (
            <>
              <Chart
                title={metricWord(group.label)}
                chart={chart}
                height={props.height}
                note={`${monitor.declaration.performance?.window ?? ''} windows, UTC`}
                syncKey={`monitor-${monitor.name}`}
                onZoom={(from, to) => props.onRange({ from, to })}
                onReset={() => props.onRange({})}
              />
              <MarkLegend marks={data.annotations} />
            </>
          )
        }
      </Loaded>
    </div>
  )
}
