import type { ModelVersionView, ModelView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatBytes } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { modelQuery, versionsQuery } from './api.ts'
import { ApprovalPolicySection } from './approval-policy.tsx'
import { Comparison } from './comparison.tsx'
import { VersionView } from './version-view.tsx'

const route = getRouteApi('/models/$name')

/** A registered model: its versions, and everything about the chosen one. */
export function ModelPage() {
  const { name } = route.useParams()
  const query = useQuery(modelQuery(name))
  return <Loaded query={query}>{(model) => <Found model={model} />}</Loaded>
}

function Found({ model }: { readonly model: ModelView }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { query, rows, onEnd } = usePages(versionsQuery(model.name))
  const champion = model.aliases.find((one) => one.alias === 'champion')?.version
  const chosen = search.version ?? champion ?? model.latestVersion
  const columns = useMemo(
    () =>
      columnsOf(
        chosen,
        search.compare,
        (compare) =>
          void navigate({
            search: compare === undefined ? { version: chosen ?? 1 } : { ...search, compare },
            replace: true,
          }),
      ),
    [chosen, search, navigate],
  )
  return (
    <Page
      title={model.name}
      crumbs={[{ label: 'Models', href: paths.models }]}
      badges={model.aliases.map((one) => (
        <Tag key={one.alias}>
          @{one.alias} → {one.version}
        </Tag>
      ))}
      subtitle={model.description}
    >
      <Loaded query={query}>
        {() =>
          rows.length === 0 || chosen === null ? (
            <State
              icon="models"
              title="No version yet"
              command={`kaizen models upload ${model.name} model.onnx`}
            />
          ) : (
            <>
              <Section title="Versions" aside="choose two to compare">
                <Table
                  label="Versions"
                  primary
                  columns={columns}
                  rows={rows}
                  rowKey={(row) => String(row.version)}
                  height={260}
                  onEnd={onEnd}
                  rowTone={(row) => (row.version === chosen ? 'chosen' : undefined)}
                />
              </Section>
              {search.compare !== undefined && search.compare !== chosen && (
                <Comparison name={model.name} left={chosen} right={search.compare} />
              )}
              <VersionView name={model.name} version={chosen} />
              <ApprovalPolicySection name={model.name} />
              <ObjectHistory subject={`model:${model.name}`} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

const columnsOf = (
  chosen: number | null,
  compared: number | undefined,
  compare: (version: number | undefined) => void,
): readonly TableColumn<ModelVersionView>[] => [
  {
    id: 'version',
    header: 'Version',
    width: 100,
    cell: (row) => (
      <Link
        href={paths.modelVersion(row.name, row.version)}
        aria-current={row.version === chosen ? 'true' : undefined}
      >
        {row.version}
      </Link>
    ),
    sort: (row) => row.version,
  },
  {
    id: 'aliases',
    header: 'Aliases',
    width: 130,
    cell: (row) => row.aliases.map((alias) => <Tag key={alias}>@{alias}</Tag>),
  },
  {
    id: 'compare',
    header: 'Compare',
    width: 92,
    cell: (row) =>
      row.version === chosen ? (
        <span className="faint">shown</span>
      ) : (
        <input
          type="checkbox"
          aria-label={`Compare version ${row.version} with version ${chosen}`}
          checked={row.version === compared}
          onChange={(event) => compare(event.target.checked ? row.version : undefined)}
        />
      ),
  },
  {
    id: 'size',
    header: 'Size',
    width: 90,
    align: 'end',
    cell: (row) => formatBytes(row.modelSizeBytes),
    sort: (row) => row.modelSizeBytes,
  },
  {
    id: 'created',
    header: 'Created',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'by',
    header: 'By',
    width: 150,
    cell: (row) => <span className="soft">{row.createdBy}</span>,
    sort: (row) => row.createdBy,
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.description}</span>,
  },
]
