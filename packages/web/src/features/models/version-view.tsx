import { type ModelVersionView, reproductionsApi, type TensorSpec } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { endpointQuery } from '../../shared/api/queries.ts'
import { formatBytes } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Fields } from '../../shared/ui/fields.tsx'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { GateView } from '../evaluation/gate-view.tsx'
import { candidatesQuery, endpointsQuery, versionQuery } from './api.ts'
import { Approvals } from './approvals.tsx'
import { Exports } from './exports.tsx'
import { ModelCardView } from './model-card.tsx'
import { candidateOf, type LineageNode, lineageChain, plainLineage } from './prepare.ts'
import { Signing } from './signing.tsx'
import './version.css'

/** Everything about one version: where it came from, where it answers, what let it in. */
export function VersionView({
  name,
  version,
}: {
  readonly name: string
  readonly version: number
}) {
  const query = useQuery(versionQuery(name, version))
  return <Loaded query={query}>{(found) => <Found version={found} />}</Loaded>
}

function Found({ version }: { readonly version: ModelVersionView }) {
  const endpoints = useQuery(endpointsQuery)
  const candidates = useQuery(candidatesQuery)
  const recipe = useQuery({
    ...endpointQuery(reproductionsApi.recipe, { params: { run_id: version.runId ?? '' } }),
    enabled: version.runId !== null && !('datasets' in version.lineage),
    retry: false,
  })
  const candidate = candidateOf(version, candidates.data?.items ?? [])
  return (
    <>
      <Section
        title={`Version ${version.version}`}
        aside={
          version.modelDigest && (
            <a
              className="link"
              href={`/api/v1/models/${encodeURIComponent(version.name)}/versions/${version.version}/model.onnx`}
            >
              Download ONNX
            </a>
          )
        }
      >
        <Lineage chain={lineageChain(version, endpoints.data?.items ?? [], recipe.data)} />
        <Facts facts={factsOf(version)} />
      </Section>
      <Approvals name={version.name} version={version.version} />
      <div className="columns">
        <Signing name={version.name} version={version.version} />
        <Exports key={version.version} version={version} />
      </div>
      {candidate?.gate ? (
        <Section
          title="Gate decision"
          aside={
            <Link className="link" href={paths.candidate(candidate.id)}>
              Candidate {candidate.number}
            </Link>
          }
        >
          <GateView gate={candidate.gate} />
        </Section>
      ) : (
        candidates.data && (
          <Section title="Gate decision">
            <State icon="evaluation" title="No gate decided over this version">
              <p>It was registered by hand, or was the first model of its loop.</p>
            </State>
          </Section>
        )
      )}
      <div className="columns">
        <Section title="Signature">
          <Signature version={version} />
        </Section>
        <Section title="Everything it was made from">
          <Fields value={plainLineage(version)} />
        </Section>
      </div>
      <ModelCardView name={version.name} version={version.version} />
    </>
  )
}

const factsOf = (version: ModelVersionView) => [
  {
    label: 'State',
    value: (
      <Status state={version.status} label={version.status.toLowerCase().replaceAll('_', ' ')} />
    ),
  },
  { label: 'Created', value: <When at={version.createdAt} full /> },
  { label: 'By', value: version.createdBy },
  { label: 'Size', value: formatBytes(version.modelSizeBytes) },
  {
    label: 'Tracked run',
    value: version.runId ? (
      <Link className="link" href={paths.run(version.runId)}>
        {version.runId.slice(0, 8)}
      </Link>
    ) : (
      '–'
    ),
  },
  {
    label: 'Digest',
    value: version.modelDigest ? (
      <code title={version.modelDigest}>{version.modelDigest.slice(0, 12)}</code>
    ) : (
      '–'
    ),
  },
]

function Lineage({ chain }: { readonly chain: readonly (readonly LineageNode[])[] }) {
  return (
    <ol className="lineage" aria-label="Lineage">
      {chain.map((column, index) => (
        <Fragment key={column[0]?.kind}>
          {index > 0 && (
            <li className="lineage-arrow" aria-hidden="true">
              <Icon name="arrow" />
            </li>
          )}
          <li className="lineage-column">
            {column.map((node) => (
              <LineageBox key={`${node.label} ${node.detail}`} node={node} />
            ))}
          </li>
        </Fragment>
      ))}
    </ol>
  )
}

function LineageBox({ node }: { readonly node: LineageNode }) {
  const content = (
    <>
      <span className="faint small">
        <Icon name={node.icon} size={12} /> {node.kind}
      </span>
      <b>{node.label}</b>
      <span className="soft small">{node.detail}</span>
    </>
  )
  return node.href ? (
    <Link className="lineage-node" href={node.href}>
      {content}
    </Link>
  ) : (
    <span className={`lineage-node ${node.kind === 'Model version' ? 'lineage-own' : ''}`}>
      {content}
    </span>
  )
}

interface SignatureRow extends TensorSpec {
  readonly way: 'input' | 'output'
}

function Signature({ version }: { readonly version: ModelVersionView }) {
  if (!version.signature) return <p className="section-body faint">No signature was recorded.</p>
  const rows: readonly SignatureRow[] = [
    ...version.signature.inputs.map((one) => ({ ...one, way: 'input' as const })),
    ...version.signature.outputs.map((one) => ({ ...one, way: 'output' as const })),
  ]
  return (
    <Table
      label="Signature"
      columns={signatureColumns}
      rows={rows}
      rowKey={(row) => `${row.way} ${row.name}`}
      height={320}
    />
  )
}

const signatureColumns: readonly TableColumn<SignatureRow>[] = [
  { id: 'name', header: 'Tensor', minWidth: 140, cell: (row) => row.name, sort: (row) => row.name },
  { id: 'way', header: 'Way', width: 80, cell: (row) => <span className="soft">{row.way}</span> },
  { id: 'type', header: 'Type', width: 80, cell: (row) => <code>{row.datatype}</code> },
  { id: 'shape', header: 'Shape', width: 90, cell: (row) => <code>[{row.shape.join(', ')}]</code> },
]
