import type { EntityView, FeatureServiceView, FeatureView, OnDemandView } from '@kaizen/contracts'
import { getRouteApi } from '@tanstack/react-router'
import type { PagedOptions } from '../../shared/api/queries.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page, Tabs } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { entitiesQuery, onDemandViewsQuery, servicesQuery, viewsQuery } from './api.ts'
import { columnWords, keyWords } from './prepare.ts'

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

const described = <
  Row extends {
    readonly project: string | null
    readonly version: number
    readonly definition: { readonly owner: string; readonly description: string }
  },
>(): readonly TableColumn<Row>[] => [
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
    id: 'owner',
    header: 'Owner',
    minWidth: 120,
    cell: (row) => <span className="soft">{row.definition.owner}</span>,
    sort: (row) => row.definition.owner,
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.definition.description}</span>,
  },
]

const onDemandColumns: readonly TableColumn<OnDemandView>[] = [
  {
    id: 'name',
    header: 'On-demand view',
    minWidth: 180,
    cell: ({ definition: { name } }) => <Link href={paths.onDemandView(name)}>{name}</Link>,
    sort: (row) => row.definition.name,
  },
  {
    id: 'features',
    header: 'Features',
    minWidth: 180,
    cell: (row) => row.definition.features.map(({ name }) => name).join(', '),
  },
  {
    id: 'request',
    header: 'A request gives',
    minWidth: 220,
    cell: (row) => columnWords(row.request),
  },
  ...described<OnDemandView>(),
]

const serviceColumns: readonly TableColumn<FeatureServiceView>[] = [
  {
    id: 'name',
    header: 'Feature service',
    minWidth: 180,
    cell: (row) => row.definition.name,
    sort: (row) => row.definition.name,
  },
  {
    id: 'views',
    header: 'Views',
    minWidth: 260,
    cell: ({ definition }) =>
      definition.views
        .map(({ view, as, features }) => {
          const name = as === undefined ? view : `${view} as ${as}`
          return features === undefined ? name : `${name} (${features.join(', ')})`
        })
        .join(', '),
  },
  ...described<FeatureServiceView>(),
]

const entityColumns: readonly TableColumn<EntityView>[] = [
  {
    id: 'name',
    header: 'Entity',
    minWidth: 180,
    cell: (row) => row.definition.name,
    sort: (row) => row.definition.name,
  },
  {
    id: 'keys',
    header: 'Join keys',
    minWidth: 200,
    cell: (row) => columnWords(row.definition.joinKeys),
  },
  ...described<EntityView>(),
]

interface ListProps<Row> {
  readonly label: string
  readonly query: PagedOptions<Row>
  readonly columns: readonly TableColumn<Row>[]
  readonly command: string
  readonly hint: string
}

function List<Row extends { readonly definition: { readonly name: string } }>({
  label,
  query: options,
  columns: shown,
  command,
  hint,
}: ListProps<Row>) {
  const { query, rows, onEnd } = usePages(options)
  return (
    <Loaded query={query} skeleton={<Skeleton lines={8} />}>
      {() =>
        rows.length === 0 ? (
          <State icon="features" title={`No ${label} yet`} command={command}>
            <p>{hint}</p>
          </State>
        ) : (
          <div className="section">
            <Table
              label={label}
              primary
              columns={shown}
              rows={rows}
              rowKey={(row) => row.definition.name}
              height="calc(100dvh - 210px)"
              onEnd={onEnd}
              csvName={label}
            />
          </div>
        )
      }
    </Loaded>
  )
}

const tabs = [
  { id: 'views', label: 'Views' },
  { id: 'on-demand', label: 'On demand' },
  { id: 'services', label: 'Services' },
  { id: 'entities', label: 'Entities' },
]
const route = getRouteApi('/features')

/** What features there are: views of datasets, computed ones, the sets that models take, and whom they are about. */
export function Features() {
  const { tab = 'views' } = route.useSearch()
  const navigate = route.useNavigate()
  const parts = {
    views: (
      <List
        label="feature view"
        query={viewsQuery}
        columns={columns}
        command="kaizen features define VIEW.json"
        hint="Define one, or apply a project that declares one."
      />
    ),
    'on-demand': (
      <List
        label="on-demand view"
        query={onDemandViewsQuery}
        columns={onDemandColumns}
        command="kaizen apply"
        hint="Declare one in kaizen.ts with onDemandView(), and apply the project."
      />
    ),
    services: (
      <List
        label="feature service"
        query={servicesQuery}
        columns={serviceColumns}
        command="kaizen features define SERVICE.json"
        hint="Define one, or apply a project that declares one."
      />
    ),
    entities: (
      <List
        label="entity"
        query={entitiesQuery}
        columns={entityColumns}
        command="kaizen features define ENTITY.json"
        hint="Define one, or apply a project that declares one."
      />
    ),
  } as const
  return (
    <Page title="Features">
      <Tabs items={tabs} active={tab} onSelect={(id) => void navigate({ search: { tab: id } })} />
      {parts[Object.hasOwn(parts, tab) ? (tab as keyof typeof parts) : 'views']}
    </Page>
  )
}
