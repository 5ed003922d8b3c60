import type { MonitorCauses, MonitorView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatCount, formatShare } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { pathOfSubject, paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { causesQuery } from './api.ts'
import { figureColumn } from './metric-columns.tsx'

/** Why a window is as it is: what was found in words, then columns, rows and changes that it rests on. */
export function Causes(props: { readonly monitor: MonitorView; readonly at: number | undefined }) {
  const { monitor, at } = props
  const query = useQuery({ ...causesQuery(monitor.name, at), enabled: monitor.windows > 0 })
  if (monitor.windows === 0)
    return <State icon="monitors" title="No window has closed yet" command="kaizen monitors list" />
  return (
    <Loaded query={query} skeleton={<Skeleton height={420} />}>
      {(causes) => <Found causes={causes} />}
    </Loaded>
  )
}

function Found({ causes }: { readonly causes: MonitorCauses }) {
  const { window } = causes
  return (
    <div className="stack">
      <Section
        title="What was found"
        aside={<Link href={paths.window(window.id)}>{formatSpan(window.from, window.to)}</Link>}
      >
        <ul className="findings">
          {causes.findings.map((finding) => (
            <li key={finding}>{finding}</li>
          ))}
        </ul>
      </Section>
      <Section title="Columns" aside="drift in units of its bound, times influence on the answers">
        <Table
          label="Columns"
          primary
          columns={columnColumns}
          rows={causes.columns}
          rowKey={(row) => row.column}
          csvName="causes-columns"
          empty={<State icon="ok" title="No column could be judged" />}
        />
      </Section>
      <Section title="Rows where the model errs most" aside="by effect size, among labelled rows">
        <Table
          label="Rows where the model errs most"
          columns={sliceColumns}
          rows={causes.slices}
          rowKey={(row) => row.name}
          csvName="causes-rows"
          empty={<State icon="ok" title="No part of the labelled rows stands out" />}
        />
      </Section>
      <Section title="What changed upstream" aside="near the time of the change">
        <Table
          label="What changed upstream"
          columns={upstreamColumns}
          rows={causes.upstream}
          rowKey={(row) => `${row.at}:${row.text}`}
          csvName="causes-upstream"
          empty={<State icon="ok" title="Nothing upstream changed near that time" />}
        />
      </Section>
    </div>
  )
}

type Column = MonitorCauses['columns'][number]
const columnColumns: readonly TableColumn<Column>[] = [
  {
    id: 'column',
    header: 'Column',
    minWidth: 140,
    cell: (row) => <b>{row.column}</b>,
    sort: (row) => row.column,
  },
  {
    id: 'verdict',
    header: 'Verdict',
    width: 160,
    cell: (row) => (
      <Status
        state={row.drifted ? 'attention' : 'ok'}
        label={row.drifted ? 'over the bound' : 'within'}
      />
    ),
    sort: (row) => Number(row.drifted),
  },
  {
    id: 'method',
    header: 'Method',
    width: 130,
    cell: (row) => row.method,
    sort: (row) => row.method,
  },
  figureColumn({ id: 'value', header: 'Value', width: 90, value: (row) => row.value }),
  figureColumn({ id: 'bound', header: 'Bound', width: 90, value: (row) => row.threshold }),
  {
    id: 'influence',
    header: 'Influence',
    width: 100,
    align: 'end',
    cell: (row) => formatShare(row.influence, 0),
    sort: (row) => row.influence,
  },
  figureColumn({ id: 'score', header: 'Score', width: 90, value: (row) => row.score }),
  {
    id: 'note',
    header: 'Note',
    minWidth: 200,
    cell: (row) => <span title={row.note ?? ''}>{row.note}</span>,
  },
]

type Slice = MonitorCauses['slices'][number]
const sliceColumns: readonly TableColumn<Slice>[] = [
  { id: 'name', header: 'Where', minWidth: 220, cell: (row) => row.name, sort: (row) => row.name },
  {
    id: 'rows',
    header: 'Rows',
    width: 130,
    align: 'end',
    cell: (row) => `${formatCount(row.rows)} (${formatShare(row.share, 0)})`,
    sort: (row) => row.rows,
  },
  figureColumn({ id: 'loss', header: 'Loss there', width: 110, value: (row) => row.loss }),
  figureColumn({ id: 'rest', header: 'Elsewhere', width: 110, value: (row) => row.restLoss }),
  figureColumn({ id: 'effect', header: 'Effect', width: 90, value: (row) => row.effect }),
]

type Change = MonitorCauses['upstream'][number]
const upstreamColumns: readonly TableColumn<Change>[] = [
  {
    id: 'at',
    header: 'When',
    width: 200,
    cell: (row) => <When at={row.at} full />,
    sort: (row) => row.at,
  },
  {
    id: 'text',
    header: 'Change',
    minWidth: 260,
    cell: (row) => {
      const href = pathOfSubject(row.subject)
      return href ? <Link href={href}>{row.text}</Link> : row.text
    },
  },
  {
    id: 'lineage',
    header: 'In the lineage',
    width: 120,
    cell: (row) => (row.inLineage ? 'yes' : <span className="faint">no</span>),
    sort: (row) => Number(row.inLineage),
  },
  { id: 'by', header: 'By', width: 140, cell: (row) => row.actor, sort: (row) => row.actor },
]
