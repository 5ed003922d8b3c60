import type { FeatureView } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { ListPage } from '../../shared/ui/list-page.tsx'
import { State } from '../../shared/ui/state.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { viewsQuery } from './api.ts'
import { keyWords } from './prepare.ts'

const columns: readonly TableColumn<FeatureView>[] = [
  {
    id: 'name',
    header: 'Feature view',
    minWidth: 180,
    cell: ({ definition: { name } }) => <Link href={paths.featureView(name)}>{name}</Link>,
    sort: (row) => row.definition.name,
  },
  {
    id: 'project',
    header: 'Project',
    minWidth: 120,
    cell: (row) => row.project,
    sort: (row) => row.project,
  },
  {
    id: 'version',
    header: 'Version',
    width: 90,
    align: 'end',
    cell: (row) => row.version,
    sort: (row) => row.version,
  },
  {
    id: 'features',
    header: 'Features',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.definition.features.length),
    sort: (row) => row.definition.features.length,
  },
  { id: 'keys', header: 'Join keys', minWidth: 180, cell: keyWords },
  {
    id: 'dataset',
    header: 'Dataset',
    minWidth: 140,
    cell: ({ definition: { source } }) => (
      <Link href={paths.dataset(source.dataset)}>{source.dataset}</Link>
    ),
    sort: (row) => row.definition.source.dataset,
  },
  {
    id: 'online',
    header: 'Online to',
    width: 130,
    cell: ({ online }) =>
      online.materializedTo === null ? (
        <span className="faint">not yet</span>
      ) : (
        <When at={online.materializedTo} />
      ),
    sort: (row) => row.online.materializedTo,
  },
  {
    id: 'owner',
    header: 'Owner',
    minWidth: 120,
    cell: (row) => <span className="soft">{row.definition.owner}</span>,
    sort: (row) => row.definition.owner,
  },
]

export const FeaturesPage = () => (
  <ListPage
    title="Features"
    query={viewsQuery}
    columns={columns}
    rowKey={(row) => row.definition.name}
    empty={
      <State icon="features" title="No feature view yet" command="kaizen features define VIEW.json">
        <p>Define one, or apply a project that declares one.</p>
      </State>
    }
  />
)
