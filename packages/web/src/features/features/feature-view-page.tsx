import { type FeatureView, featuresApi, type Materialization } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { datasetQuery } from '../data/api.ts'
import { ObjectHistory } from '../governance/object-history.tsx'
import { materializationsQuery, materialize, viewQuery } from './api.ts'
import { LookUp } from './look-up.tsx'
import { freshness, keyWords, reachWords, sourceWords, writtenWords } from './prepare.ts'

const route = getRouteApi('/features/$name')

/** A feature view: what it is, what of it stands online, and the values of an entity. */
export function FeatureViewPage() {
  const { name } = route.useParams()
  const query = useQuery(viewQuery(name))
  return <Loaded query={query}>{(view) => <Found view={view} />}</Loaded>
}

function Found({ view }: { readonly view: FeatureView }) {
  const { definition, version } = view
  const act = useAct(
    () => materialize(definition.name),
    [featuresApi.view, featuresApi.materializations],
  )
  return (
    <Page
      title={definition.name}
      crumbs={[{ label: 'Features', href: paths.features }]}
      badges={<Tag>version {version}</Tag>}
      subtitle={definition.description}
      actions={
        <button
          type="button"
          className="button"
          disabled={act.isPending}
          onClick={() => act.mutate()}
        >
          Materialize what is new
        </button>
      }
    >
      <FormFailure error={act.error} />
      <Definition view={view} />
      <LookUp definition={definition} request={view.joinKeys} keys={view.joinKeys.length} />
      <Section title="Features">
        <Table
          label="Features"
          columns={featureColumns}
          rows={definition.features}
          rowKey={(row) => row.name}
          csvName={`${definition.name}-features`}
        />
      </Section>
      <Materializations name={definition.name} />
      <ObjectHistory subject={`feature-view:${definition.name}`} />
    </Page>
  )
}

function Definition({ view }: { readonly view: FeatureView }) {
  const { definition, online } = view
  const { source } = definition
  const dataset = useQuery(datasetQuery(source.dataset))
  const { state, words } = freshness(online, dataset.data?.latestVersion)
  return (
    <Section title="Definition">
      <Facts
        facts={[
          { label: 'Join keys', value: keyWords(view) },
          {
            label: 'Dataset',
            value: <Link href={paths.dataset(source.dataset)}>{source.dataset}</Link>,
          },
          { label: 'Event time', value: source.eventTime.column },
          { label: 'Created time', value: source.created ?? '–' },
          { label: 'Oldest value that counts', value: definition.ttl ?? 'any' },
          {
            label: 'Refreshed',
            value: definition.refresh ? `every ${definition.refresh}` : 'when asked',
          },
          { label: 'Online', value: <Status state={state} label={words} /> },
          { label: 'Newest event online', value: <When at={online.newestEvent} full /> },
          { label: 'Written', value: <When at={online.writtenAt} full /> },
          { label: 'Owner', value: definition.owner || '–' },
          { label: 'Defined', value: <When at={view.createdAt} full /> },
          { label: 'By', value: view.createdBy },
          { label: 'Digest', value: <code title={view.digest}>{view.digest.slice(0, 12)}</code> },
        ]}
      />
    </Section>
  )
}

const featureColumns: readonly TableColumn<FeatureView['definition']['features'][number]>[] = [
  {
    id: 'name',
    header: 'Feature',
    minWidth: 180,
    cell: (row) => row.name,
    sort: (row) => row.name,
  },
  { id: 'type', header: 'Type', width: 110, cell: (row) => row.type, sort: (row) => row.type },
  { id: 'column', header: 'From', minWidth: 160, cell: sourceWords },
  {
    id: 'description',
    header: 'Description',
    minWidth: 240,
    cell: (row) => <span className="soft">{row.description}</span>,
  },
]

const materializationColumns: readonly TableColumn<Materialization>[] = [
  { id: 'state', header: 'State', width: 130, cell: (row) => <Status state={row.state} /> },
  { id: 'reach', header: 'Rows', minWidth: 200, cell: reachWords },
  {
    id: 'dataset',
    header: 'Dataset version',
    width: 140,
    align: 'end',
    cell: (row) => (
      <Link href={paths.dataset(row.dataset, row.datasetVersion)}>{row.datasetVersion}</Link>
    ),
  },
  {
    id: 'written',
    header: 'Entities written',
    width: 160,
    align: 'end',
    cell: writtenWords,
    sort: (row) => row.written,
  },
  { id: 'at', header: 'Asked', width: 120, cell: (row) => <When at={row.createdAt} /> },
  { id: 'by', header: 'By', minWidth: 120, cell: (row) => row.createdBy },
  {
    id: 'error',
    header: 'Error',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.error}</span>,
  },
]

function Materializations({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(materializationsQuery(name))
  return (
    <Section title="Materializations">
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="features"
              title="Nothing was brought in yet"
              command={`kaizen features materialize ${name}`}
            />
          ) : (
            <Table
              label="Materializations"
              primary
              columns={materializationColumns}
              rows={rows}
              rowKey={(row) => row.id}
              onEnd={onEnd}
              csvName={`${name}-materializations`}
            />
          )
        }
      </Loaded>
    </Section>
  )
}
