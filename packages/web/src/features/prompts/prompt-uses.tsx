import { useQuery } from '@tanstack/react-query'
import { formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { experimentsQuery } from '../experiments/api.ts'
import type { Run } from '../experiments/wire.ts'
import type { TraceInfo } from '../traces/wire.ts'
import { mostUses, usingRunsQuery, usingTracesQuery } from './api.ts'
import { linkedVersions } from './wire.ts'

interface Props {
  readonly name: string
  readonly version: number
}

/** Which runs used a prompt, and which traces the version shown. */
export function PromptUses(props: Props) {
  const experiments = useQuery(experimentsQuery)
  return (
    <Loaded query={experiments}>
      {(found) => found.length > 0 && <Uses {...props} experimentIds={found.map(({ id }) => id)} />}
    </Loaded>
  )
}

function Uses(props: Props & { readonly experimentIds: readonly string[] }) {
  const { name, version, experimentIds } = props
  const runs = useQuery(usingRunsQuery(name, experimentIds))
  const traces = useQuery(usingTracesQuery(name, version, experimentIds))
  return (
    <div className="columns">
      <Section title="Runs that used it" aside={`the newest ${mostUses} at most`}>
        <Loaded query={runs} skeleton={<Skeleton lines={4} />}>
          {(found) => {
            const rows = found
              .map((run) => ({ run, versions: linkedVersions(run.tags.get(linkTag), name) }))
              .filter(({ versions }) => versions.length > 0)
            return (
              <Table
                label="Runs that used it"
                columns={runColumns}
                rows={rows}
                rowKey={({ run }) => run.id}
                height={320}
                empty={<p className="section-body faint">No run says that it used it.</p>}
              />
            )
          }}
        </Loaded>
      </Section>
      <Section title={`Traces of version ${version}`} aside={`the newest ${mostUses} at most`}>
        <Loaded query={traces} skeleton={<Skeleton lines={4} />}>
          {(found) => (
            <Table
              label={`Traces of version ${version}`}
              columns={traceColumns}
              rows={found}
              rowKey={(trace) => trace.id}
              height={320}
              empty={<p className="section-body faint">No trace was made with it.</p>}
            />
          )}
        </Loaded>
      </Section>
    </div>
  )
}

/** Where clients tell which prompts a run or trace used. */
const linkTag = 'mlflow.linkedPrompts'

interface UsingRun {
  readonly run: Run
  readonly versions: readonly string[]
}

const runColumns: readonly TableColumn<UsingRun>[] = [
  {
    id: 'run',
    header: 'Run',
    minWidth: 150,
    cell: ({ run }) => <Link href={paths.run(run.id)}>{run.name}</Link>,
    text: ({ run }) => run.name,
  },
  {
    id: 'versions',
    header: 'Versions',
    width: 90,
    cell: ({ versions }) => versions.join(', '),
    text: ({ versions }) => versions.join(' '),
  },
  { id: 'state', header: 'State', width: 112, cell: ({ run }) => <Status state={run.status} /> },
  { id: 'started', header: 'Started', width: 104, cell: ({ run }) => <When at={run.startTime} /> },
]

const traceColumns: readonly TableColumn<TraceInfo>[] = [
  {
    id: 'trace',
    header: 'Trace',
    minWidth: 130,
    cell: (trace) => <Link href={paths.trace(trace.id)}>{trace.name}</Link>,
    text: (trace) => trace.name,
  },
  { id: 'state', header: 'State', width: 112, cell: (trace) => <Status state={trace.state} /> },
  { id: 'started', header: 'Started', width: 104, cell: (trace) => <When at={trace.startedAt} /> },
  {
    id: 'took',
    header: 'Took',
    width: 80,
    align: 'end',
    cell: (trace) => formatDuration(trace.durationMs),
  },
  {
    id: 'request',
    header: 'Request',
    minWidth: 180,
    cell: (trace) => trace.request || null,
    text: (trace) => trace.request,
  },
]
