import { formatDuration, formatNumber } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { Sparkline } from './curves/sparkline.tsx'
import { fieldName, type RunField } from './prepare.ts'
import type { Run } from './wire.ts'

export interface ColumnChoice {
  readonly fields: readonly RunField[]
  readonly pinned: readonly RunField[]
  /** The metric that is drawn in each row, and the runs that each run's curve is asked for with. */
  readonly spark: {
    readonly metric: string
    readonly neighbours: ReadonlyMap<string, readonly string[]>
  } | null
}

/** The name, what is pinned beside it, what every run has, then what was chosen. */
export function runColumns({ fields, pinned, spark }: ColumnChoice): readonly TableColumn<Run>[] {
  const kept = pinned.filter((field) => fields.includes(field))
  return [
    {
      id: 'attributes.run_name',
      header: 'Run',
      width: 190,
      cell: (run) => <Link href={paths.run(run.id)}>{run.name}</Link>,
      sort: (run) => run.name,
    },
    ...kept.map((field) => ({ ...fieldColumn(field), width: 120, pinned: true })),
    ...(spark ? [sparkColumn(spark)] : []),
    ...attributes,
    ...fields.filter((field) => !kept.includes(field)).map(fieldColumn),
  ]
}

const sparkColumn = (spark: NonNullable<ColumnChoice['spark']>): TableColumn<Run> => ({
  id: 'spark',
  header: `${spark.metric}, curve`,
  width: 124,
  cell: (run) => (
    <Sparkline
      runId={run.id}
      metric={spark.metric}
      neighbours={spark.neighbours.get(run.id) ?? [run.id]}
    />
  ),
})

const attributes: readonly TableColumn<Run>[] = [
  {
    id: 'attributes.status',
    header: 'State',
    width: 112,
    cell: (run) => <Status state={run.status} />,
    sort: (run) => run.status,
  },
  {
    id: 'attributes.start_time',
    header: 'Started',
    width: 104,
    cell: (run) => <When at={run.startTime} />,
    sort: (run) => run.startTime,
  },
  {
    id: 'duration',
    header: 'Took',
    width: 86,
    align: 'end',
    cell: (run) =>
      formatDuration(
        run.endTime === null || run.startTime === null ? null : run.endTime - run.startTime,
      ),
  },
]

const fieldColumn = (field: RunField): TableColumn<Run> => ({
  id: field,
  header: fieldName(field),
  minWidth: 110,
  align: field.startsWith('metrics.') ? 'end' : 'start',
  cell: (run) =>
    field.startsWith('metrics.')
      ? formatNumber(run.metrics.get(fieldName(field)))
      : run.params.get(fieldName(field)),
  sort: (run) => run.metrics.get(fieldName(field)) ?? run.params.get(fieldName(field)) ?? null,
})
