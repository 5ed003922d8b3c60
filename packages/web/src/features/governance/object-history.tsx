import { type AuditEvent, auditApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { endpointQuery } from '../../shared/api/queries.ts'
import { useLive } from '../../shared/live/live.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { eventWords } from './prepare.ts'

const newest = 20

const columns: readonly TableColumn<AuditEvent>[] = [
  { id: 'at', header: 'When', width: 110, cell: (event) => <When at={event.at} /> },
  {
    id: 'actor',
    header: 'By',
    width: 170,
    cell: (event) => event.actor,
    text: (event) => event.actor,
  },
  {
    id: 'type',
    header: 'Event',
    width: 220,
    cell: (event) => <Link href={paths.event(event.seq)}>{event.type}</Link>,
    text: (event) => event.type,
  },
  {
    id: 'data',
    header: 'What and why',
    minWidth: 260,
    cell: (event) => <span className="soft">{eventWords(event)}</span>,
    text: (event) => JSON.stringify(event.data),
  },
]

/** Who did what to an object, newest first; nothing for a caller who may not read the audit log. */
export function ObjectHistory({ subject }: { readonly subject: string }) {
  const { data, refetch } = useQuery({
    ...endpointQuery(auditApi.list, { query: { subject, limit: newest } }),
    retry: false,
  })
  const { latest } = useLive()
  const changed = latest?.subject === subject ? latest.seq : undefined
  useEffect(() => {
    if (changed !== undefined) void refetch()
  }, [changed, refetch])
  if (!data || data.items.length === 0) return null
  return (
    <Section
      title="Who did what"
      aside={
        <Link className="link" href={paths.audit({ subject })}>
          {data.nextPageToken === undefined ? 'In the audit log' : 'All in the audit log'}
        </Link>
      }
    >
      <Table
        label={`Events of ${subject}`}
        columns={columns}
        rows={data.items}
        rowKey={(event) => String(event.seq)}
        height={260}
      />
    </Section>
  )
}
