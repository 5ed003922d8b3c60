import { useMemo } from 'react'
import { formatNumber } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import {
  type GroupField,
  groupFilter,
  groupRuns,
  type MetricSummary,
  type RunGroup,
} from './grouping.ts'
import { fieldName, type RunField } from './prepare.ts'
import type { Run } from './wire.ts'

/** The loaded runs by a parameter or tag: how many, and mean, least and greatest of each chosen metric. */
export function GroupedRuns(props: {
  readonly runs: readonly Run[]
  readonly field: GroupField
  readonly metrics: readonly RunField[]
  readonly filter: string
  readonly onOpen: (filter: string) => void
}) {
  const { runs, field, metrics, filter, onOpen } = props
  const groups = useMemo(() => groupRuns(runs, field, metrics), [runs, field, metrics])
  const columns: readonly TableColumn<RunGroup>[] = [
    {
      id: 'value',
      header: field,
      width: 220,
      cell: (group) => {
        const narrower = groupFilter(field, group.value, filter)
        const name = group.value ?? 'without a value'
        return narrower === null ? (
          name
        ) : (
          <button type="button" className="cell-button" onClick={() => onOpen(narrower)}>
            {name}
          </button>
        )
      },
      sort: (group) => group.value,
    },
    {
      id: 'count',
      header: 'Runs',
      width: 80,
      align: 'end',
      cell: (group) => group.runs.length,
      sort: (group) => group.runs.length,
    },
    ...metrics.flatMap((metric) => summaryColumns(fieldName(metric))),
  ]
  return (
    <Table
      label={`Runs by ${field}`}
      primary
      columns={columns}
      rows={groups}
      rowKey={(group) => group.value ?? '\0'}
      height="calc(100dvh - 220px)"
      csvName="grouped-runs"
    />
  )
}

const summaryColumns = (metric: string): readonly TableColumn<RunGroup>[] => [
  {
    id: `${metric} mean`,
    header: `${metric}, mean`,
    minWidth: 110,
    align: 'end',
    cell: (group) => formatNumber(group.metrics.get(metric)?.mean),
    sort: (group) => group.metrics.get(metric)?.mean ?? null,
  },
  extremeColumn(metric, 'least'),
  extremeColumn(metric, 'greatest'),
]

const extremeColumn = (
  metric: string,
  end: keyof Pick<MetricSummary, 'least' | 'greatest'>,
): TableColumn<RunGroup> => ({
  id: `${metric} ${end}`,
  header: `${metric}, ${end}`,
  minWidth: 118,
  align: 'end',
  cell: (group) => {
    const found = group.metrics.get(metric)?.[end]
    return (
      found && (
        <Link className="quiet" href={paths.run(found.run.id)} title={found.run.name}>
          {formatNumber(found.value)}
        </Link>
      )
    )
  },
  sort: (group) => group.metrics.get(metric)?.[end].value ?? null,
})
