import { type SinkView, sinksApi } from '@kaizen/contracts'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { moveSink, sinksQuery } from './api.ts'
import { sinkState, targetWords } from './sink-words.ts'

/** Where the predictions of an endpoint are sent on, how far each sink is, and a button that stops it or lets it go on. */
export function Sinks({ endpoint }: { readonly endpoint: string }) {
  const { query, rows, onEnd } = usePages(sinksQuery(endpoint))
  const move = useAct(moveSink, [sinksApi.list])
  return (
    <Section title="Sent on" aside="as CloudEvents, each at least once">
      <FormFailure error={move.error} />
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="endpoints"
              title="Predictions are sent nowhere else"
              command={`kaizen sinks create NAME --endpoint ${endpoint} --to https://…`}
            >
              <p>
                A sink sends what is logged to a URL or a topic, and waits for one that is away.
              </p>
            </State>
          ) : (
            <Table
              label="Sinks"
              columns={columnsWith(move.mutate, move.isPending)}
              rows={rows}
              rowKey={(row) => row.name}
              onEnd={onEnd}
            />
          )
        }
      </Loaded>
    </Section>
  )
}

const columnsWith = (
  move: (sink: SinkView) => void,
  isMoving: boolean,
): readonly TableColumn<SinkView>[] => [
  { id: 'name', header: 'Sink', minWidth: 90, cell: (row) => row.name, sort: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: 110,
    cell: (row) => (
      <span title={row.problem ?? undefined}>
        <Status state={sinkState(row)} />
      </span>
    ),
    sort: sinkState,
  },
  {
    id: 'target',
    header: 'To',
    minWidth: 160,
    cell: (row) => <span title={targetWords(row.target)}>{targetWords(row.target)}</span>,
    text: (row) => targetWords(row.target),
  },
  {
    id: 'lag',
    header: 'Waiting',
    width: 80,
    align: 'end',
    cell: (row) => (row.lag === null ? 'not known' : formatCount(row.lag)),
    sort: (row) => row.lag,
  },
  {
    id: 'sent',
    header: 'Sent',
    width: 80,
    align: 'end',
    cell: (row) => formatCount(row.sent),
    sort: (row) => row.sent,
  },
  {
    id: 'refused',
    header: 'Refused',
    width: 80,
    align: 'end',
    cell: (row) => <span title={row.refusal ?? undefined}>{formatCount(row.refused)}</span>,
    sort: (row) => row.refused,
  },
  { id: 'last', header: 'Last', width: 100, cell: (row) => <When at={row.lastAt} /> },
  {
    id: 'problem',
    header: 'Problem',
    minWidth: 160,
    cell: (row) => row.problem ?? row.refusal ?? <span className="faint">none</span>,
    text: (row) => row.problem ?? row.refusal ?? '',
  },
  {
    id: 'move',
    header: '',
    width: 115,
    cell: (row) => (
      <button type="button" className="button quiet" disabled={isMoving} onClick={() => move(row)}>
        {row.state === 'running' ? 'Pause' : 'Resume'}
      </button>
    ),
  },
]
