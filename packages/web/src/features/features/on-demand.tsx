import type { OnDemandView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { onDemandViewQuery } from './api.ts'
import { LookUp } from './look-up.tsx'
import { columnWords } from './prepare.ts'

const route = getRouteApi('/features/on-demand/$name')

/** An on-demand view: what its function takes and makes, and what it answers. */
export function OnDemand() {
  const { name } = route.useParams()
  const query = useQuery(onDemandViewQuery(name))
  return <Loaded query={query}>{(view) => <Found view={view} />}</Loaded>
}

function Found({ view }: { readonly view: OnDemandView }) {
  const { definition, version, request } = view
  const values = new Set(
    definition.inputs.flatMap((input) => (input.from === 'request' ? [input.name] : [])),
  )
  return (
    <Page
      title={definition.name}
      crumbs={[{ label: 'Features', href: `${paths.features}?tab=on-demand` }]}
      badges={<Tag>version {version}</Tag>}
      subtitle={definition.description}
    >
      <Section title="Definition">
        <Facts
          facts={[
            { label: 'A request gives', value: columnWords(request) },
            { label: 'Code', value: <code>{definition.module}</code> },
            { label: 'Exported as', value: <code>{definition.export}</code> },
            {
              label: 'Digest of the code',
              value: (
                <code title={definition.codeDigest}>{definition.codeDigest.slice(0, 12)}</code>
              ),
            },
            { label: 'Time limit of a request', value: definition.timeout },
            { label: 'Project', value: view.project ?? '–' },
            { label: 'Owner', value: definition.owner || '–' },
            { label: 'Defined', value: <When at={view.createdAt} full /> },
            { label: 'By', value: view.createdBy },
          ]}
        />
      </Section>
      <LookUp
        definition={definition}
        request={request}
        keys={request.filter(({ name }) => !values.has(name)).length}
      />
      <Section title="Inputs">
        <Table
          label="Inputs"
          columns={inputColumns}
          rows={definition.inputs}
          rowKey={(row) => row.name}
          csvName={`${definition.name}-inputs`}
        />
      </Section>
      <Section title="Features">
        <Table
          label="Features"
          columns={featureColumns}
          rows={definition.features}
          rowKey={(row) => row.name}
          csvName={`${definition.name}-features`}
        />
      </Section>
      <ObjectHistory subject={`on-demand-view:${definition.name}`} />
    </Page>
  )
}

type Input = OnDemandView['definition']['inputs'][number]
const inputColumns: readonly TableColumn<Input>[] = [
  { id: 'name', header: 'Input', minWidth: 160, cell: (row) => row.name, sort: (row) => row.name },
  { id: 'type', header: 'Type', width: 110, cell: (row) => row.type, sort: (row) => row.type },
  {
    id: 'from',
    header: 'From',
    minWidth: 220,
    cell: (row) =>
      row.from === 'request' ? (
        'the request'
      ) : (
        <Link href={paths.featureView(row.view.replace(/@v\d+$/, ''))}>
          {row.view}:{row.feature}
        </Link>
      ),
  },
]

const featureColumns: readonly TableColumn<OnDemandView['definition']['features'][number]>[] = [
  {
    id: 'name',
    header: 'Feature',
    minWidth: 180,
    cell: (row) => row.name,
    sort: (row) => row.name,
  },
  { id: 'type', header: 'Type', width: 110, cell: (row) => row.type, sort: (row) => row.type },
  {
    id: 'description',
    header: 'Description',
    minWidth: 240,
    cell: (row) => <span className="soft">{row.description}</span>,
  },
]
