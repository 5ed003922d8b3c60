import type { MonitorView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Range } from '../../shared/format/range.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { metricsQuery, sparkQuery } from './api.ts'
import { MetricChart } from './metric-charts.tsx'
import { type Choice, choosableColumn } from './metric-columns.tsx'
import { type ColumnDrift, driftColumns, methodsOf, metricWord, sparkline } from './prepare.ts'
import './monitor.css'

interface Props {
  readonly monitor: MonitorView
  readonly metric: string | undefined
  readonly range: Range
  readonly onRange: (range: Range) => void
  readonly onMetric: (metric: string) => void
}

/** Every watched column with its last values; the chosen one over time. */
export function Drift(props: Props) {
  const query = useQuery(metricsQuery(props.monitor.name))
  const columns = useMemo(() => driftColumns(query.data?.metrics ?? []), [query.data])
  const chosen = props.metric ?? columns[0]?.methods[0]?.metric
  const tableColumns = useMemo(
    () => tableOf(props.monitor.name, methodsOf(columns), { chosen, choose: props.onMetric }),
    [props.monitor.name, columns, chosen, props.onMetric],
  )
  return (
    <Loaded query={query} skeleton={<Skeleton height={420} />}>
      {() =>
        chosen === undefined ? (
          <State icon="monitors" title="No window has closed yet" command="kaizen monitors list">
            <p>
              Drift is computed when the first window of {props.monitor.declaration.window} closes.
            </p>
          </State>
        ) : (
          <div className="stack">
            <MetricChart {...props} metric={chosen} label={chosen} height={240} />
            <Section
              title="Columns"
              aside="last closed window; choose a number to see it over time"
            >
              <Table
                label="Columns"
                primary
                columns={tableColumns}
                rows={columns}
                rowKey={(row) => row.column}
                csvName="drift"
              />
            </Section>
          </div>
        )
      }
    </Loaded>
  )
}

function Spark({ monitor, metric }: { readonly monitor: string; readonly metric: string }) {
  const { data } = useQuery(sparkQuery(monitor, metric))
  const values = data ?? []
  return (
    <svg className="spark" viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkline(values, 200, 20)} />
    </svg>
  )
}

const tableOf = (
  monitor: string,
  methods: readonly string[],
  choice: Choice,
): readonly TableColumn<ColumnDrift>[] => [
  {
    id: 'column',
    header: 'Column',
    width: 170,
    cell: (row) => (row.column === 'any' ? <i>any column</i> : row.column),
    sort: (row) => row.column,
  },
  ...methods.map((method) =>
    choosableColumn<ColumnDrift>(
      {
        id: method,
        header: metricWord(method),
        width: 100,
        of: (row) => row.methods.find((one) => one.method === method),
      },
      choice,
    ),
  ),
  {
    id: 'trend',
    header: 'All windows',
    minWidth: 200,
    cell: (row) => <Spark monitor={monitor} metric={row.methods[0]?.metric ?? ''} />,
  },
]
