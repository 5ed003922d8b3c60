import {
  type MlflowWebhook,
  mlflowWebhooksApi,
  type WebhookDelivery,
  webhooksApi,
} from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { pagedQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { FormFailure, SureButton } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { WebhookForm } from './webhook-form.tsx'

/** One webhook: what it sends where, a test, on and off, and everything that it has sent. */
export function Webhook({
  webhook,
  onGone,
}: {
  readonly webhook: MlflowWebhook
  readonly onGone: () => void
}) {
  const params = { webhook_id: webhook.webhook_id }
  const update = useAct(
    (body: Partial<Parameters<Parameters<typeof WebhookForm>[0]['onSave']>[0]>) =>
      call(mlflowWebhooksApi.update, { params, body }),
    [mlflowWebhooksApi.list],
  )
  const remove = useAct(async () => {
    await call(mlflowWebhooksApi.delete, { params, body: {} })
    onGone()
  }, [mlflowWebhooksApi.list])
  const turn = useAct(
    (status: MlflowWebhook['status']) =>
      call(mlflowWebhooksApi.update, { params, body: { status } }),
    [mlflowWebhooksApi.list],
  )
  const active = webhook.status === 'ACTIVE'
  return (
    <>
      <Section
        title={`Webhook ${webhook.name}`}
        aside={
          <>
            <Test webhook={webhook} />
            <button
              type="button"
              className="button small"
              disabled={turn.isPending}
              onClick={() => turn.mutate(active ? 'DISABLED' : 'ACTIVE')}
            >
              {active ? 'Turn off' : 'Turn on'}
            </button>
            <SureButton
              label="Delete"
              warning={`Delete ${webhook.name} and its history`}
              onSure={() => remove.mutate()}
            />
          </>
        }
      >
        <FormFailure error={turn.error ?? remove.error} />
        <WebhookForm webhook={webhook} save="Save" act={update} onSave={update.mutate} />
        {update.isSuccess && (
          <p className="section-body" role="status">
            Saved.
          </p>
        )}
      </Section>
      <Section title="Deliveries" aside="newest first; each is tried again for about eight minutes">
        <Deliveries id={webhook.webhook_id} />
      </Section>
    </>
  )
}

function Test({ webhook }: { readonly webhook: MlflowWebhook }) {
  const test = useAct(
    () => call(mlflowWebhooksApi.test, { params: { webhook_id: webhook.webhook_id }, body: {} }),
    [],
  )
  const result = test.data?.result
  return (
    <>
      <FormFailure error={test.error} />
      {result && (
        <span role="status">
          <Status
            state={result.success ? 'ok' : 'failed'}
            label={
              result.response_status === undefined
                ? `it did not arrive: ${result.error_message ?? 'no answer'}`
                : `the receiver answered ${result.response_status}`
            }
          />
        </span>
      )}
      <button
        type="button"
        className="button small"
        disabled={test.isPending}
        onClick={() => test.mutate()}
      >
        {test.isPending ? 'Sending…' : 'Send a test'}
      </button>
    </>
  )
}

function Deliveries({ id }: { readonly id: string }) {
  const { query, rows, onEnd } = usePages({
    ...pagedQuery(webhooksApi.deliveries, { params: { id } }),
    refetchInterval: 5000,
  })
  return (
    <Loaded query={query}>
      {() => (
        <Table
          label="Deliveries"
          columns={deliveryColumns}
          rows={rows}
          rowKey={(row) => row.id}
          height={360}
          onEnd={onEnd}
          csvName="webhook-deliveries"
          empty={<p className="section-body faint">Nothing has happened yet that it asks for.</p>}
        />
      )}
    </Loaded>
  )
}

const stateLooks = { waiting: 'retrying', delivered: 'ok', failed: 'failed' } as const
const deliveryColumns: readonly TableColumn<WebhookDelivery>[] = [
  {
    id: 'event',
    header: 'Event',
    minWidth: 200,
    cell: (row) => row.event,
    sort: (row) => row.event,
  },
  {
    id: 'seq',
    header: 'In the log',
    width: 100,
    align: 'end',
    cell: (row) => (
      <Link className="link" href={paths.event(row.seq)}>
        {row.seq}
      </Link>
    ),
    sort: (row) => row.seq,
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    cell: (row) => <Status state={stateLooks[row.state]} label={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'attempts',
    header: 'Attempts',
    width: 90,
    align: 'end',
    cell: (row) => formatCount(row.attempts),
    sort: (row) => row.attempts,
  },
  {
    id: 'answer',
    header: 'Answer',
    width: 80,
    align: 'end',
    cell: (row) => row.responseStatus,
    sort: (row) => row.responseStatus,
  },
  {
    id: 'made',
    header: 'Made',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'ended',
    header: 'Ended',
    width: 110,
    cell: (row) => <When at={row.endedAt} />,
    sort: (row) => row.endedAt,
  },
  {
    id: 'error',
    header: 'Error',
    minWidth: 220,
    cell: (row) => row.error && <span title={row.error}>{row.error}</span>,
  },
]
