import { type SetAsideRecord, type StreamView, streamsApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { moveStream, setAsideQuery, streamQuery } from './api.ts'
import { lagWords, positionWords, stateOf, topicWords } from './prepare.ts'

const route = getRouteApi('/streams/$name')

/** A stream: how far behind it is, what was set aside, and a button that stops it or lets it go on. */
export function StreamPage() {
  const { name } = route.useParams()
  const query = useQuery(streamQuery(name))
  return <Loaded query={query}>{(stream) => <Found stream={stream} />}</Loaded>
}

function Found({ stream }: { readonly stream: StreamView }) {
  const next = stream.state === 'running' ? 'paused' : 'running'
  const move = useAct(() => moveStream(stream.name, next), [streamsApi.list, streamsApi.get])
  return (
    <Page
      title={stream.name}
      crumbs={[
        { label: 'Endpoints', href: paths.endpoints },
        { label: 'Streams', href: paths.streams },
      ]}
      badges={<Status state={stateOf(stream)} />}
      subtitle={
        <>
          {topicWords(stream.source)}, answered by{' '}
          <Link className="link" href={paths.endpoint(stream.endpoint)}>
            {stream.endpoint}
          </Link>
        </>
      }
      actions={
        <button
          type="button"
          className="button"
          disabled={move.isPending}
          onClick={() => move.mutate()}
        >
          <Icon name={next === 'paused' ? 'paused' : 'skipped'} size={13} />
          {next === 'paused' ? 'Pause' : 'Resume'}
        </button>
      }
    >
      <FormFailure error={move.error} />
      <Section title="Where it is">
        {stream.problem !== null && (
          <p className="form-failure" role="alert">
            <Icon name="failed" size={13} /> {stream.problem}{' '}
            <span className="soft">It is tried again every second.</span>
          </p>
        )}
        <Facts
          facts={[
            { label: 'Lag, records', value: lagWords(stream) },
            { label: 'Answered', value: formatCount(stream.answered) },
            { label: 'Set aside', value: formatCount(stream.setAside) },
            { label: 'Next record by partition', value: positionWords(stream) },
            {
              label: 'Answers go to',
              value: stream.target ? topicWords(stream.target) : 'the prediction log alone',
            },
            { label: 'Last record', value: <When at={stream.lastAt} full /> },
            { label: 'Made', value: <When at={stream.createdAt} full /> },
            { label: 'By', value: stream.createdBy },
          ]}
        />
      </Section>
      <SetAside name={stream.name} />
      <Command text={`kaizen streams ${next === 'paused' ? 'pause' : 'resume'} ${stream.name}`} />
    </Page>
  )
}

const columns: readonly TableColumn<SetAsideRecord>[] = [
  {
    id: 'at',
    header: 'Set aside',
    width: 120,
    cell: (row) => <When at={row.at} />,
    sort: (row) => row.at,
  },
  {
    id: 'place',
    header: 'Partition: record',
    width: 140,
    align: 'end',
    cell: (row) => `${row.partition}: ${formatCount(row.position)}`,
    sort: (row) => row.position,
  },
  {
    id: 'reason',
    header: 'Why',
    minWidth: 260,
    cell: (row) => row.reason,
    text: (row) => row.reason,
  },
  {
    id: 'value',
    header: 'As it came',
    minWidth: 260,
    cell: (row) => <code title={row.value}>{row.value.slice(0, 200)}</code>,
    text: (row) => row.value,
  },
]

/** Records that no answer can be made of. */
function SetAside({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(setAsideQuery(name))
  return (
    <Section title="Records set aside" aside="newest first">
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <State icon="ok" title="Every record had an answer" />
          ) : (
            <Table
              label="Records set aside"
              primary
              columns={columns}
              rows={rows}
              rowKey={(row) => `${row.partition} ${row.position}`}
              onEnd={onEnd}
              csvName={`${name}-set-aside`}
            />
          )
        }
      </Loaded>
    </Section>
  )
}
