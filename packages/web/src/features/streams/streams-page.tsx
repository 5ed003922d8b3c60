import type { StreamView } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { streamsQuery } from './api.ts'
import { lagWords, stateOf, topicWords } from './prepare.ts'

const columns: readonly TableColumn<StreamView>[] = [
  {
    id: 'name',
    header: 'Stream',
    minWidth: 150,
    cell: (row) => <Link href={paths.stream(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    cell: (row) => <Status state={stateOf(row)} />,
    sort: stateOf,
  },
  {
    id: 'endpoint',
    header: 'Endpoint',
    minWidth: 140,
    cell: (row) => <Link href={paths.endpoint(row.endpoint)}>{row.endpoint}</Link>,
    sort: (row) => row.endpoint,
  },
  { id: 'source', header: 'From', minWidth: 140, cell: (row) => topicWords(row.source) },
  {
    id: 'target',
    header: 'To',
    minWidth: 140,
    cell: (row) =>
      row.target ? topicWords(row.target) : <span className="faint">the log alone</span>,
  },
  {
    id: 'lag',
    header: 'Lag, records',
    width: 120,
    align: 'end',
    cell: lagWords,
    sort: (row) => row.lag,
  },
  {
    id: 'answered',
    header: 'Answered',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.answered),
    sort: (row) => row.answered,
  },
  {
    id: 'setAside',
    header: 'Set aside',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.setAside),
    sort: (row) => row.setAside,
  },
  {
    id: 'last',
    header: 'Last record',
    width: 110,
    cell: (row) => <When at={row.lastAt} />,
    sort: (row) => row.lastAt,
  },
]

/** Topics whose records are answered as they come. */
export const StreamsPage = () => (
  <ListPage
    title="Streams"
    query={streamsQuery}
    columns={columns}
    rowKey={(row) => row.name}
    empty={
      <State
        icon="endpoints"
        title="No stream yet"
        command="kaizen streams create payments --endpoint fraud --from payments --to scored"
      >
        <p>A stream answers the records of a topic, each once, and sets poison aside.</p>
      </State>
    }
  />
)
