import { alertingApi, type SilenceView } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../shared/api/client.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { silencesQuery } from './api.ts'

/** Alerts that nobody is told of for a time; they are opened and shown all the same. */
export function Silences() {
  const { query, rows, onEnd } = usePages(silencesQuery)
  return (
    <Section title="Silences and maintenance">
      <Loaded query={query}>
        {() => (
          <Table
            label="Silences"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            csvName="alert-silences"
            empty={
              <State
                icon="ok"
                title="Nothing is silenced"
                command={'kaizen alerts silence "maintenance" --to 2030-01-01T06:00Z'}
              />
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

function End({ silence }: { readonly silence: SilenceView }) {
  const queries = useQueryClient()
  const end = useMutation({
    mutationFn: () => call(alertingApi.endSilence, { params: { id: silence.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: [alertingApi.silences.path] }),
  })
  if (end.error) return <FormFailure error={end.error} />
  return (
    <button
      type="button"
      className="button small"
      disabled={end.isPending}
      aria-label={`End now: ${silence.reason}`}
      onClick={() => end.mutate()}
    >
      End now
    </button>
  )
}

const columns: readonly TableColumn<SilenceView>[] = [
  {
    id: 'state',
    header: 'Now',
    width: 110,
    cell: (row) => (
      <Status state={row.active ? 'paused' : 'waiting'} label={row.active ? 'silent' : 'not now'} />
    ),
    sort: (row) => Number(row.active),
  },
  {
    id: 'reason',
    header: 'Reason',
    minWidth: 200,
    cell: (row) => row.reason,
    sort: (row) => row.reason,
  },
  {
    id: 'span',
    header: 'When',
    minWidth: 250,
    cell: (row) => `${formatSpan(row.from, row.to)}${row.repeat ? `, every ${row.repeat}` : ''}`,
    sort: (row) => row.from,
  },
  { id: 'monitors', header: 'Monitors', width: 130, cell: (row) => row.monitors },
  { id: 'rules', header: 'Rules', width: 110, cell: (row) => row.rules },
  { id: 'by', header: 'By', width: 110, cell: (row) => row.createdBy },
  { id: 'end', header: 'Action', width: 110, cell: (row) => <End silence={row} /> },
]
