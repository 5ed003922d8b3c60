import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { formatCount, formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { SortState, TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { experimentQuery } from '../experiments/api.ts'
import { FilterBox } from '../experiments/filter-box.tsx'
import { tracesQuery } from './api.ts'
import type { TraceInfo } from './wire.ts'
import '../experiments/run.css'

const route = getRouteApi('/experiments/$id/traces')

/** The traces of an experiment: filtered and sorted by the server, fetched as the reader scrolls. */
export function TracesPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const experiment = useQuery(experimentQuery(id))
  const query = useInfiniteQuery(tracesQuery(id, search.filter ?? '', search.order ?? ''))
  const { data, hasNextPage, isFetching, fetchNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  const change = (next: Partial<typeof search>) => {
    const merged = Object.entries({ ...search, ...next }).filter(([, value]) => value !== '')
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  return (
    <Page
      title="Traces"
      crumbs={[
        { label: 'Experiments', href: paths.experiments },
        { label: experiment.data?.name ?? 'Experiment', href: paths.experiment(id) },
      ]}
    >
      <div className="toolbar">
        <FilterBox
          label="Filter traces"
          example="status = 'ERROR' AND span.type = 'LLM'"
          value={search.filter ?? ''}
          error={query.error}
          onChange={(filter) => change({ filter })}
        />
        <span className="faint small" role="status">
          {rows.length.toLocaleString('en-GB')} traces loaded{hasNextPage ? ', more below' : ''}
        </span>
      </div>
      <Loaded query={query} skeleton={<Skeleton lines={14} />}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="experiments"
              title={search.filter ? 'No trace matches the filter' : 'No trace yet'}
              command={`kaizen traces list --experiment ${id}`}
            >
              <p>
                {search.filter
                  ? 'Change or clear the filter.'
                  : 'Trace with an MLflow client, or export spans by OTLP to /v1/traces.'}
              </p>
            </State>
          ) : (
            <div className="section">
              <Table
                label="Traces"
                primary
                columns={columns}
                rows={rows}
                rowKey={(trace) => trace.id}
                height="calc(100dvh - 220px)"
                onEnd={onEnd}
                sort={readOrder(search.order)}
                onSort={(sort) => change({ order: orderOf(sort) })}
                csvName="traces"
              />
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

const orderOf = (sort: SortState | null): string =>
  sort ? `${sort.column} ${sort.descending ? 'DESC' : 'ASC'}` : ''

function readOrder(order: string | undefined): SortState | null {
  const match = /^(\w+) (ASC|DESC)$/.exec(order ?? '')
  return match?.[1] ? { column: match[1], descending: match[2] === 'DESC' } : null
}

const columns: readonly TableColumn<TraceInfo>[] = [
  {
    id: 'name',
    header: 'Trace',
    width: 200,
    cell: (trace) => <Link href={paths.trace(trace.id)}>{trace.name}</Link>,
    sort: (trace) => trace.name,
  },
  {
    id: 'status',
    header: 'State',
    width: 112,
    cell: (trace) => <Status state={trace.state} />,
    sort: (trace) => trace.state,
  },
  {
    id: 'timestamp_ms',
    header: 'Started',
    width: 104,
    cell: (trace) => <When at={trace.startedAt} />,
    sort: (trace) => trace.startedAt,
  },
  {
    id: 'execution_time_ms',
    header: 'Took',
    width: 86,
    align: 'end',
    cell: (trace) => formatDuration(trace.durationMs),
    sort: (trace) => trace.durationMs,
  },
  {
    id: 'tokens',
    header: 'Tokens',
    width: 80,
    align: 'end',
    cell: (trace) => formatCount(trace.tokens),
    text: (trace) => trace.tokens,
  },
  {
    id: 'request',
    header: 'Request',
    minWidth: 220,
    cell: (trace) => trace.request || null,
    text: (trace) => trace.request,
  },
  {
    id: 'response',
    header: 'Response',
    minWidth: 220,
    cell: (trace) => trace.response || null,
    text: (trace) => trace.response,
  },
  {
    id: 'assessments',
    header: 'Assessments',
    minWidth: 140,
    cell: (trace) => assessed(trace) || null,
    text: assessed,
  },
]

function assessed(trace: TraceInfo): string {
  return trace.assessments
    .filter(({ valid }) => valid)
    .map(
      ({ name, value }) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ')
}
