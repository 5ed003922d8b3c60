import type { AuditEvent } from '@kaizen/contracts'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatInstant } from '../../shared/format/time.ts'
import { useLive } from '../../shared/live/live.ts'
import { pathOfSubject } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { auditQuery } from './api.ts'
import { EventDetail } from './event-detail.tsx'
import { eventFilters, eventWords } from './prepare.ts'
import { SubjectFilter } from './subject-filter.tsx'
import { Verify } from './verify.tsx'

const route = getRouteApi('/governance')

/** The audit log: everything that changed, who or what changed it, and why. */
export function AuditPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { type, subject, seq } = search
  const { query, rows, onEnd } = usePages(
    auditQuery({ ...(type !== undefined && { type }), ...(subject !== undefined && { subject }) }),
  )
  const change = useCallback(
    (next: Partial<Record<'type' | 'subject' | 'seq', string | number>>) => {
      const merged = Object.entries({ type, subject, seq, ...next }).filter(
        ([, value]) => value !== undefined && value !== '',
      )
      void navigate({ search: Object.fromEntries(merged), replace: true, resetScroll: false })
    },
    [type, subject, seq, navigate],
  )
  const columns = useMemo(
    () => columnsOf((number) => change({ seq: number === seq ? '' : number })),
    [change, seq],
  )
  const open = rows.find((event) => event.seq === seq)
  return (
    <Page title="Audit log" actions={<Verify />}>
      <div className="toolbar">
        <select
          className="field"
          aria-label="Kind of event"
          value={type ?? ''}
          onChange={(event) => change({ type: event.target.value, seq: '' })}
        >
          {eventFilters.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
          {type !== undefined && !eventFilters.some(([value]) => value === type) && (
            <option value={type}>{type}</option>
          )}
        </select>
        <NewEvents shown={rows[0]?.seq} refresh={() => void query.refetch()} />
        <SubjectFilter
          value={subject ?? ''}
          onChange={(next) => change({ subject: next, seq: '' })}
        />
      </div>
      <Loaded query={query} skeleton={<Skeleton lines={14} />}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="governance"
              title={type || subject ? 'No event matches' : 'Nothing has happened yet'}
              command="kaizen audit verify"
            >
              <p>
                {type || subject
                  ? 'Change or clear the filter.'
                  : 'Every change of this server is written here, with its reason.'}
              </p>
            </State>
          ) : (
            <div className={open ? 'columns side' : undefined}>
              <div className="section">
                <Table
                  label="Audit events"
                  primary
                  columns={columns}
                  rows={rows}
                  rowKey={(event) => String(event.seq)}
                  height="calc(100dvh - 210px)"
                  onEnd={onEnd}
                  csvName="audit"
                  rowTone={(event) => (event.seq === seq ? 'chosen' : undefined)}
                />
              </div>
              {open && <EventDetail event={open} onClose={() => change({ seq: '' })} />}
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

/** Offers events that came since the list was loaded, instead of moving the rows under the reader. */
function NewEvents(props: { readonly shown: number | undefined; readonly refresh: () => void }) {
  const { latest } = useLive()
  const count = (latest?.seq ?? 0) - (props.shown ?? 0)
  if (props.shown === undefined || count <= 0) return null
  return (
    <button type="button" className="button" onClick={props.refresh}>
      Show {count.toLocaleString('en-GB')} new
    </button>
  )
}

const columnsOf = (open: (seq: number) => void): readonly TableColumn<AuditEvent>[] => [
  {
    id: 'seq',
    header: '#',
    width: 88,
    cell: (event) => (
      <button type="button" className="cell-button" onClick={() => open(event.seq)}>
        {event.seq}
      </button>
    ),
    text: (event) => event.seq,
  },
  {
    id: 'at',
    header: 'Time',
    width: 176,
    cell: (event) => <span className="soft">{formatInstant(event.at)}</span>,
    text: (event) => new Date(event.at).toISOString(),
  },
  {
    id: 'type',
    header: 'Event',
    width: 220,
    cell: (event) => event.type,
    text: (event) => event.type,
  },
  {
    id: 'subject',
    header: 'Subject',
    width: 220,
    cell: (event) => {
      const href = pathOfSubject(event.subject)
      return href ? <Link href={href}>{event.subject}</Link> : event.subject
    },
    text: (event) => event.subject,
  },
  {
    id: 'actor',
    header: 'By',
    width: 150,
    cell: (event) => <span className="soft">{event.actor}</span>,
    text: (event) => event.actor,
  },
  {
    id: 'data',
    header: 'What and why',
    minWidth: 280,
    cell: (event) => <span className="soft">{eventWords(event)}</span>,
    text: (event) => JSON.stringify(event.data),
  },
]
