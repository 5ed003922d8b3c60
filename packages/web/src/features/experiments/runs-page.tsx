import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { formatDuration, formatNumber } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { experimentQuery, runsQuery } from './api.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { CompareBar } from './compare-bar.tsx'
import { readRunIds, toggleRun } from './comparison.ts'
import { FilterBox } from './filter-box.tsx'
import {
  chosenFields,
  fieldName,
  fieldsOf,
  orderClause,
  type RunField,
  readOrder,
  toggleField,
} from './prepare.ts'
import type { Run } from './wire.ts'
import './run.css'
import './compare.css'

const route = getRouteApi('/experiments/$id')

/** The runs of an experiment: chosen columns, filtered and sorted by the server, fetched as the reader scrolls. */
export function RunsPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const experiment = useQuery(experimentQuery(id))
  const query = useInfiniteQuery(runsQuery(id, search.filter ?? '', search.order ?? ''))
  const { data, hasNextPage, isFetching, fetchNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap((page) => page.runs) ?? [], [data])
  const all = useMemo(() => fieldsOf(data?.pages[0]?.runs ?? []), [data])
  const chosen = useMemo(() => chosenFields(all, search.columns), [all, search.columns])
  const columns = useMemo(() => columnsOf(chosen), [chosen])
  const chosenRuns = useMemo(() => readRunIds(search.chosen), [search.chosen])
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  const change = (next: Partial<typeof search>) => {
    const merged = Object.entries({ ...search, ...next }).filter(([, value]) => value !== '')
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  return (
    <Page
      title={experiment.data?.name ?? 'Experiment'}
      crumbs={[{ label: 'Experiments', href: paths.experiments }]}
      actions={
        <Link className="button quiet" href={paths.traces(id)}>
          Traces
        </Link>
      }
    >
      <div className="toolbar">
        <FilterBox
          value={search.filter ?? ''}
          error={query.error}
          onChange={(filter) => change({ filter })}
        />
        <ColumnChooser
          all={all}
          chosen={chosen}
          onToggle={(field) => change({ columns: toggleField(chosen, field) })}
        />
        <span className="faint small" role="status">
          {rows.length.toLocaleString('en-GB')} runs loaded{hasNextPage ? ', more below' : ''}
        </span>
      </div>
      <Loaded query={query} skeleton={<Skeleton lines={14} />}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="experiments"
              title={search.filter ? 'No run matches the filter' : 'No run yet'}
              command="kaizen runs list"
            >
              <p>
                {search.filter
                  ? 'Change or clear the filter.'
                  : 'Start a pipeline, or log from an MLflow client.'}
              </p>
            </State>
          ) : (
            <div className="section">
              <Table
                label="Runs"
                primary
                columns={columns}
                rows={rows}
                rowKey={(run) => run.id}
                height="calc(100dvh - 220px)"
                onEnd={onEnd}
                sort={readOrder(search.order)}
                onSort={(sort) => change({ order: orderClause(sort) })}
                csvName="runs"
                selection={{
                  has: (run) => chosenRuns.includes(run.id),
                  nameOf: (run) => run.name,
                  onToggle: (run) => {
                    const next = toggleRun(chosenRuns, run.id)
                    if (next) change({ chosen: next.join(',') })
                  },
                }}
              />
            </div>
          )
        }
      </Loaded>
      <CompareBar chosen={chosenRuns} onClear={() => change({ chosen: '' })} />
    </Page>
  )
}

const columnsOf = (fields: readonly RunField[]): readonly TableColumn<Run>[] => [
  {
    id: 'attributes.run_name',
    header: 'Run',
    width: 190,
    cell: (run) => <Link href={paths.run(run.id)}>{run.name}</Link>,
    sort: (run) => run.name,
  },
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
  ...fields.map(
    (field): TableColumn<Run> => ({
      id: field,
      header: fieldName(field),
      minWidth: 110,
      align: field.startsWith('metrics.') ? 'end' : 'start',
      cell: (run) =>
        field.startsWith('metrics.')
          ? formatNumber(run.metrics.get(fieldName(field)))
          : run.params.get(fieldName(field)),
      sort: (run) => run.metrics.get(fieldName(field)) ?? run.params.get(fieldName(field)) ?? null,
    }),
  ),
]
