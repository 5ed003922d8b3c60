import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Chart } from '../../shared/charts/chart.tsx'
import { formatDuration } from '../../shared/format/number.ts'
import type { Range } from '../../shared/format/range.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { trafficQuery } from './api.ts'
import { trafficCharts } from './traffic-charts.ts'

/** Requests, errors and latency per arm over time, with one crosshair. */
export function Traffic(props: {
  readonly name: string
  readonly range: Range
  readonly onRange: (range: Range) => void
}) {
  const query = useQuery({
    ...trafficQuery(props.name, props.range),
    placeholderData: keepPreviousData,
  })
  const charts = useMemo(() => (query.data ? trafficCharts(query.data) : null), [query.data])
  const shared = {
    syncKey: `traffic-${props.name}`,
    onZoom: (from: number, to: number) => props.onRange({ from, to }),
    onReset: () => props.onRange({}),
    empty: 'No request in this range',
  }
  return (
    <Loaded query={query} skeleton={<Skeleton height={600} />}>
      {(data) =>
        charts && (
          <div className="stack">
            <Section
              title="Traffic"
              aside={`${charts.folded === 0 ? '' : `${charts.folded} arms in this range drawn as one; narrow it to see each · `}buckets of ${formatDuration(data.bucketMs)}, UTC`}
            >
              <Chart title="Requests per bucket" chart={charts.requests} height={200} {...shared} />
            </Section>
            <div className="columns">
              <div className="section">
                <Chart title="Latency" chart={charts.latency} height={180} {...shared} />
              </div>
              <div className="section">
                <Chart title="Errors per bucket" chart={charts.errors} height={180} {...shared} />
              </div>
            </div>
          </div>
        )
      }
    </Loaded>
  )
}
