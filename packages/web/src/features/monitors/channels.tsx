import { alertingApi, type ChannelView } from '@kaizen/contracts'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../shared/api/client.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { channelsQuery } from './api.ts'

/** Who is told of alerts; addresses and secrets stay with the server. */
export function Channels() {
  const { query, rows, onEnd } = usePages(channelsQuery)
  return (
    <Section title="Channels" aside="addresses and secrets are never shown again">
      <Loaded query={query}>
        {() => (
          <Table
            label="Channels"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.name}
            onEnd={onEnd}
            csvName="alert-channels"
            empty={
              <State
                icon="monitors"
                title="Nobody is told of alerts yet"
                command="kaizen alerts set-channel team channel.json"
              >
                <p>Channels send to a webhook, Slack, PagerDuty or by mail.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

function Test({ channel }: { readonly channel: ChannelView }) {
  const test = useMutation({
    mutationFn: () => call(alertingApi.testChannel, { params: { name: channel.name } }),
  })
  if (test.error) return <FormFailure error={test.error} />
  if (test.data) {
    return test.data.ok ? (
      <Status state="ok" label="taken" />
    ) : (
      <span title={test.data.error ?? undefined}>
        <Status state="failed" label={test.data.error ?? 'failed'} />
      </span>
    )
  }
  return (
    <button
      type="button"
      className="button small"
      disabled={test.isPending}
      aria-label={`Test ${channel.name}`}
      onClick={() => test.mutate()}
    >
      Test
    </button>
  )
}

const columns: readonly TableColumn<ChannelView>[] = [
  {
    id: 'name',
    header: 'Channel',
    minWidth: 130,
    cell: (row) => <b>{row.name}</b>,
    sort: (row) => row.name,
  },
  {
    id: 'kind',
    header: 'Kind',
    width: 110,
    cell: (row) => <Tag>{row.kind}</Tag>,
    sort: (row) => row.kind,
  },
  {
    id: 'target',
    header: 'Tells',
    minWidth: 220,
    cell: (row) => row.target,
    sort: (row) => row.target,
  },
  { id: 'monitors', header: 'Monitors', width: 120, cell: (row) => row.monitors },
  { id: 'rules', header: 'Rules', width: 110, cell: (row) => row.rules },
  {
    id: 'severity',
    header: 'At least',
    width: 110,
    cell: (row) => <Status state={row.minSeverity} />,
    sort: (row) => row.minSeverity,
  },
  { id: 'events', header: 'When', minWidth: 170, cell: (row) => row.events.join(', ') },
  {
    id: 'updated',
    header: 'Changed',
    width: 100,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
  { id: 'test', header: 'Test', width: 170, cell: (row) => <Test channel={row} /> },
]
