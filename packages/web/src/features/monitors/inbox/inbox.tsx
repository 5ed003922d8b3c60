import { type AlertView, monitoringApi } from '@kaizen/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { usePages } from '../../../shared/api/use-pages.ts'
import { Loaded, Skeleton, State } from '../../../shared/ui/state.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import { inboxQuery } from '../api.ts'
import { AlertDetail } from './alert-detail.tsx'
import { BulkBar, type BulkForm } from './bulk-bar.tsx'
import { inboxColumns } from './inbox-columns.tsx'
import { Filters } from './inbox-filters.tsx'
import { NewAlerts } from './new-alerts.tsx'
import { filterOf, type InboxChange, isFiltered } from './prepare-inbox.ts'
import { useCaller } from './use-caller.ts'
import { useChanges } from './use-changes.ts'

const route = getRouteApi('/alerts')

/** The list of alerts: filtered by the server, fetched as the reader scrolls, changed one by one or many at once. */
export function Inbox() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const filter = useMemo(() => filterOf(search), [search])
  const { query, rows, onEnd } = usePages(inboxQuery(filter))
  const [chosen, setChosen] = useState<ReadonlyMap<string, AlertView>>(new Map())
  const [form, setForm] = useState<BulkForm>(null)
  const queries = useQueryClient()
  const changes = useChanges()
  const me = useCaller()
  const change = useCallback(
    (next: InboxChange) => {
      const merged = Object.entries({ ...search, ...next }).filter(
        ([, value]) => value !== undefined && value !== '',
      )
      void navigate({ search: Object.fromEntries(merged), replace: true, resetScroll: false })
    },
    [search, navigate],
  )
  const toggle = (row: AlertView) => {
    const next = new Map(chosen)
    if (!next.delete(row.id)) next.set(row.id, row)
    setChosen(next)
  }
  const columns = useMemo(
    () =>
      inboxColumns(
        (id) => change({ alert: id === search.alert ? '' : id }),
        filter.state === undefined,
      ),
    [change, search.alert, filter.state],
  )
  /** What a key is about: the chosen rows, else the row in focus. */
  const idsFor = (row: AlertView | null) =>
    chosen.size > 0 ? [...chosen.keys()] : row ? [row.id] : []
  const act = (kind: 'acknowledge' | 'resolve' | 'assign') => (row: AlertView | null) => {
    const ids = idsFor(row)
    if (ids.length === 0 || changes.isPending) return
    changes.mutate(
      { ids, change: kind === 'assign' ? { kind, assignee: me } : { kind } },
      { onSuccess: () => setChosen(new Map()) },
    )
  }
  const shown = search.alert
  return (
    <>
      <Filters search={search} rows={rows} me={me} onChange={change} />
      <NewAlerts
        pages={query.data?.pages.length ?? 0}
        loadedAt={query.dataUpdatedAt}
        onShow={() => void queries.resetQueries({ queryKey: [monitoringApi.alerts.path] })}
      />
      <Loaded query={query} skeleton={<Skeleton lines={12} />}>
        {() => (
          <div className={shown === undefined ? undefined : 'columns side'}>
            {rows.length === 0 ? (
              <Nothing filtered={isFiltered(filter)} state={filter.state} />
            ) : (
              <div className="section">
                <Table
                  label="Alerts"
                  primary
                  columns={columns}
                  rows={rows}
                  rowKey={(row) => row.id}
                  height="calc(100dvh - 262px)"
                  onEnd={onEnd}
                  csvName="alerts"
                  rowTone={(row) => (row.id === shown ? 'chosen' : undefined)}
                  selection={{
                    has: (row) => chosen.has(row.id),
                    onToggle: toggle,
                    nameOf: (row) => `${row.monitor} ${row.rule}`,
                  }}
                  actionKeys={{
                    e: act('acknowledge'),
                    r: act('resolve'),
                    a: act('assign'),
                    s: (row) => {
                      if (row && chosen.size === 0) setChosen(new Map([[row.id, row]]))
                      if (row || chosen.size > 0) setForm('silence')
                    },
                    Escape: () => change({ alert: '' }),
                  }}
                />
              </div>
            )}
            {shown !== undefined && (
              <AlertDetail id={shown} me={me} onClose={() => change({ alert: '' })} />
            )}
          </div>
        )}
      </Loaded>
      <BulkBar
        chosen={chosen}
        loaded={rows}
        form={form}
        changes={changes}
        me={me}
        onForm={setForm}
        onChosen={setChosen}
      />
    </>
  )
}

function Nothing(props: {
  readonly filtered: boolean
  readonly state: AlertView['state'] | undefined
}) {
  const { filtered, state } = props
  if (filtered) {
    return (
      <State icon="search" title="No alert matches" command="kaizen alerts list">
        <p>Change or clear the filter.</p>
      </State>
    )
  }
  return (
    <State
      icon="ok"
      title={state === undefined ? 'No alert was ever opened' : `No alert is ${state}`}
      command="kaizen alerts list"
    />
  )
}
