import { type MlflowWebhook, mlflowWebhooksApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import type { Chosen } from './users.tsx'
import { Webhook } from './webhook.tsx'
import { WebhookForm } from './webhook-form.tsx'

/** Who is told of what happens in the registry, and what became of each telling. */
export function Webhooks({ chosen, onChoose }: Chosen) {
  // The protocol answers at most a thousand, and nobody has more receivers.
  const query = useQuery(endpointQuery(mlflowWebhooksApi.list, { query: { max_results: 1000 } }))
  // A new form for each webhook, so that it starts empty again.
  const [made, setMade] = useState(0)
  const create = useAct(
    async (body: Parameters<Parameters<typeof WebhookForm>[0]['onSave']>[0]) => {
      const { webhook } = await call(mlflowWebhooksApi.create, { params: {}, body })
      setMade(made + 1)
      onChoose(webhook.webhook_id)
    },
    [mlflowWebhooksApi.list],
  )
  return (
    <>
      {chosen === undefined && (
        <Section title="New webhook" aside="events of the registry for another program">
          <WebhookForm key={made} save="Create webhook" act={create} onSave={create.mutate} />
        </Section>
      )}
      <Section
        title="Webhooks"
        aside={
          chosen !== undefined && (
            <Link className="link" href={paths.settingsTab('webhooks')}>
              All, and a new one
            </Link>
          )
        }
      >
        <Loaded query={query}>
          {({ webhooks = [] }) => (
            <Table
              label="Webhooks"
              primary
              columns={columns}
              rows={webhooks}
              rowKey={(row) => row.webhook_id}
              height={chosen === undefined ? 'min(640px, 72vh)' : 200}
              rowTone={(row) => (row.webhook_id === chosen ? 'chosen' : undefined)}
              empty={
                <State
                  icon="endpoints"
                  title="No webhook yet"
                  command="kaizen webhooks create ci https://ci.example.org/hook --event MODEL_VERSION.CREATED"
                >
                  <p>A webhook tells another program when versions and aliases change.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </Section>
      {query.data?.webhooks
        ?.filter((one) => one.webhook_id === chosen)
        .map((webhook) => (
          <Webhook key={chosen} webhook={webhook} onGone={() => onChoose(undefined)} />
        ))}
    </>
  )
}

const columns: readonly TableColumn<MlflowWebhook>[] = [
  {
    id: 'name',
    header: 'Webhook',
    minWidth: 140,
    cell: (row) => <Link href={paths.webhook(row.webhook_id)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 100,
    cell: ({ status }) => (
      <Status
        state={status === 'ACTIVE' ? 'ok' : 'paused'}
        label={status === 'ACTIVE' ? 'on' : 'off'}
      />
    ),
    sort: (row) => row.status,
  },
  {
    id: 'url',
    header: 'Sends to',
    minWidth: 240,
    cell: (row) => <span title={row.url}>{row.url}</span>,
  },
  {
    id: 'events',
    header: 'Events',
    minWidth: 240,
    cell: ({ events }) => {
      const names = events.map(({ entity, action }) => `${entity}.${action}`).join(', ')
      return <span title={names}>{names}</span>
    },
  },
  {
    id: 'changed',
    header: 'Changed',
    width: 110,
    cell: (row) => <When at={row.last_updated_timestamp} />,
    sort: (row) => row.last_updated_timestamp,
  },
]
