import { type AlertView, alertingApi, monitoringApi } from '@kaizen/contracts'
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
import { When } from '../../shared/ui/when.tsx'
import { alertsQuery } from './api.ts'
import { figureColumn } from './metric-columns.tsx'

/** Alerts of a monitor with the values that opened them. */
export function Alerts({ monitor }: { readonly monitor: string }) {
  const { query, rows, onEnd } = usePages(alertsQuery(monitor))
  return (
    <Section title="Alerts">
      <Loaded query={query}>
        {() => (
          <Table
            label="Alerts"
            primary
            columns={alertColumns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            csvName={`${monitor}-alerts`}
            empty={
              <State icon="ok" title="No alert was ever opened">
                <p>Every closed window kept every rule.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

function Actions({ alert }: { readonly alert: AlertView }) {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (endpoint: typeof monitoringApi.acknowledge | typeof alertingApi.resolve) =>
      call(endpoint, { params: { id: alert.id }, body: {} }),
    onSuccess: () => queries.invalidateQueries({ queryKey: [monitoringApi.alerts.path] }),
  })
  if (change.error) return <FormFailure error={change.error} />
  return (
    <span className="row-actions">
      {alert.state === 'open' && (
        <button
          type="button"
          className="button small"
          disabled={change.isPending}
          aria-label={`Acknowledge ${alert.rule}`}
          onClick={() => change.mutate(monitoringApi.acknowledge)}
        >
          Acknowledge
        </button>
      )}
      <button
        type="button"
        className="button small"
        disabled={change.isPending}
        aria-label={`Resolve ${alert.rule}`}
        onClick={() => change.mutate(alertingApi.resolve)}
      >
        Resolve
      </button>
    </span>
  )
}

/** What an alert is about and what can be done about it. */
const alertColumns: readonly TableColumn<AlertView>[] = [
  {
    id: 'rule',
    header: 'Rule',
    width: 150,
    cell: (row) => <b>{row.rule}</b>,
    sort: (row) => row.rule,
  },
  {
    id: 'state',
    header: 'State',
    width: 130,
    cell: (row) => <Status state={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'severity',
    header: 'Severity',
    width: 110,
    cell: (row) => <Status state={row.severity} />,
    sort: (row) => row.severity,
  },
  {
    id: 'opened',
    header: 'Opened',
    width: 100,
    cell: (row) => <When at={row.openedAt} />,
    sort: (row) => row.openedAt,
  },
  {
    id: 'resolved',
    header: 'Resolved',
    width: 100,
    cell: (row) => <When at={row.resolvedAt} />,
    sort: (row) => row.resolvedAt,
  },
  figureColumn({ id: 'value', header: 'Value', width: 84, value: (row) => row.value }),
  figureColumn({ id: 'bound', header: 'Bound', width: 84, value: (row) => row.threshold }),
  {
    id: 'message',
    header: 'Why',
    minWidth: 320,
    cell: (row) => <span title={row.message}>{row.message}</span>,
    text: (row) => row.message,
  },
  {
    id: 'window',
    header: 'Window',
    minWidth: 220,
    cell: (row) => <span className="soft">{formatSpan(row.windowFrom, row.windowTo)}</span>,
  },
  {
    id: 'act',
    header: 'Action',
    width: 196,
    cell: (row) =>
      row.state === 'resolved' ? (
        <span className="soft" title={row.note}>
          {row.note}
        </span>
      ) : (
        <Actions alert={row} />
      ),
  },
]
