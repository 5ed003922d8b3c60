import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { experimentQuery, runsQuery } from './api.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { CompareBar } from './compare/compare-bar.tsx'
import { readRunIds, toggleRun } from './compare/comparison.ts'
import { FieldSelect } from './compare/field-plots.tsx'
import { neighboursOf } from './curves/sparks.ts'
import { FilterBox } from './filter-box.tsx'
import { GroupedRuns } from './grouped-runs.tsx'
import { groupFieldsOf, readGroupField } from './grouping.ts'
import {
  chosenFields,
  fieldName,
  fieldsOf,
  orderClause,
  type RunField,
  readOrder,
  toggleField,
} from './prepare.ts'
import { runColumns } from './run-columns.tsx'
import { SavedViews } from './saved-views.tsx'
import type { Run } from './wire.ts'
import './run.css'
import './compare/compare.css'

const route = getRouteApi('/experiments/$id')
const tableHeight = 'calc(100dvh - 252px)'

/** The runs of an experiment: chosen columns, filtered and sorted by the server, fetched as the reader scrolls. */
export function RunsPage() {
  const { id } = route.useParams()
  const { search, change } = useAddress()
  const experiment = useQuery(experimentQuery(id))
  const query = useInfiniteQuery(runsQuery(id, search.filter ?? '', search.order ?? ''))
  const { data, hasNextPage, isFetching, fetchNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap((page) => page.runs) ?? [], [data])
  const first = data?.pages[0]?.runs
  const all = useMemo(() => fieldsOf(first ?? []), [first])
  const fields = useMemo(() => chosenFields(all, search.columns), [all, search.columns])
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
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
        <span className="faint small" role="status">
          {rows.length.toLocaleString('en-GB')} runs loaded{hasNextPage ? ', more below' : ''}
        </span>
        <TableControls rows={rows} all={all} fields={fields} />
      </div>
      <Loaded query={query} skeleton={<Skeleton lines={14} />}>
        {() =>
          rows.length === 0 ? (
            <NoRun filtered={search.filter !== undefined} />
          ) : (
            <div className="section">
              <Runs rows={rows} fields={fields} onEnd={onEnd} hasMore={hasNextPage} />
            </div>
          )
        }
      </Loaded>
      <ObjectHistory subject={`experiment:${id}`} />
      <CompareBar chosen={readRunIds(search.chosen)} onClear={() => change({ chosen: '' })} />
    </Page>
  )
}

/** The state of the page in its address; an empty text takes a field out. */
function useAddress() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: Partial<typeof search>) => {
    const merged = Object.entries({ ...search, ...next }).filter(
      ([key, value]) => value !== '' || key === 'columns',
    )
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  return { search, change }
}

interface Loadeds {
  readonly rows: readonly Run[]
  readonly fields: readonly RunField[]
}

function TableControls({ rows, fields, all }: Loadeds & { readonly all: readonly RunField[] }) {
  const { id } = route.useParams()
  const { search, change } = useAddress()
  const pinned = chosenFields(all, search.pinned ?? '')
  const groups = useMemo(() => groupFieldsOf(rows.slice(0, 500)), [rows])
  const metrics = all.filter((field) => field.startsWith('metrics.')).map(fieldName)
  const orNone = (options: readonly string[], value: string | undefined) => [
    ...new Set(['', ...options, ...(value === undefined ? [] : [value])]),
  ]
  return (
    <div className="controls">
      <ColumnChooser
        all={all}
        chosen={fields}
        onToggle={(field) => change({ columns: toggleField(fields, field) })}
      />
      <ColumnChooser
        label="Pinned"
        all={fields}
        chosen={pinned}
        onToggle={(field) => change({ pinned: toggleField(pinned, field) })}
      />
      <FieldSelect
        label="Group by"
        value={search.group ?? ''}
        options={orNone(groups, search.group)}
        nameOf={(option) => option || 'nothing'}
        onChange={(group) => change({ group })}
      />
      <FieldSelect
        label="Curve"
        value={search.spark ?? ''}
        options={orNone(metrics, search.spark)}
        nameOf={(option) => option || 'none'}
        onChange={(spark) => change({ spark })}
      />
      <SavedViews key={id} experimentId={id} search={search} />
    </div>
  )
}

function Runs(props: Loadeds & { readonly onEnd: () => void; readonly hasMore: boolean }) {
  const { rows, fields } = props
  const { search, change } = useAddress()
  const group = readGroupField(search.group)
  const chosen = useMemo(() => readRunIds(search.chosen), [search.chosen])
  // Curves are asked for with their neighbours; without curves the columns stay as more rows come.
  const neighbours = useMemo(() => (search.spark ? neighboursOf(rows) : null), [search.spark, rows])
  const columns = useMemo(
    () =>
      runColumns({
        fields,
        pinned: chosenFields(fields, search.pinned ?? ''),
        spark: search.spark && neighbours ? { metric: search.spark, neighbours } : null,
      }),
    [fields, search.pinned, search.spark, neighbours],
  )
  const metrics = useMemo(() => fields.filter((field) => field.startsWith('metrics.')), [fields])
  if (group) {
    return (
      <>
        <GroupedRuns
          runs={rows}
          field={group}
          metrics={metrics}
          filter={search.filter ?? ''}
          onOpen={(filter) => change({ filter, group: '' })}
        />
        {props.hasMore && (
          <p className="controls section-body soft">
            Over the {rows.length.toLocaleString('en-GB')} runs loaded; there are more.
            <button type="button" className="button small" onClick={props.onEnd}>
              Load more
            </button>
          </p>
        )}
      </>
    )
  }
  return (
    <Table
      label="Runs"
      primary
      columns={columns}
      rows={rows}
      rowKey={(run) => run.id}
      height={tableHeight}
      onEnd={props.onEnd}
      sort={readOrder(search.order)}
      onSort={(sort) => change({ order: orderClause(sort) })}
      csvName="runs"
      selection={{
        has: (run) => chosen.includes(run.id),
        nameOf: (run) => run.name,
        onToggle: (run) => {
          const next = toggleRun(chosen, run.id)
          if (next) change({ chosen: next.join(',') })
        },
      }}
    />
  )
}

function NoRun({ filtered }: { readonly filtered: boolean }) {
  return (
    <State
      icon="experiments"
      title={filtered ? 'No run matches the filter' : 'No run yet'}
      command="kaizen runs list"
    >
      <p>
        {filtered
          ? 'Change or clear the filter.'
          : 'Start a pipeline, or log from an MLflow client.'}
      </p>
    </State>
  )
}
