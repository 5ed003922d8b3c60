import { type EnsembleView, ensemblesApi, type TensorSpec } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { ensembleQuery, refreshEnsemble, versionsQuery } from './api.ts'
import { EnsembleGraph } from './ensemble-graph.tsx'
import { boxesOf } from './prepare.ts'

const route = getRouteApi('/ensembles/$name')

/** An ensemble: the graph of its parts, what its models stand for, and its versions. */
export function EnsemblePage() {
  const { name } = route.useParams()
  const { version } = route.useSearch()
  const query = useQuery(ensembleQuery(name, version))
  return <Loaded query={query}>{(ensemble) => <Found ensemble={ensemble} />}</Loaded>
}

function Found({ ensemble }: { readonly ensemble: EnsembleView }) {
  const router = useRouter()
  const { name, version, declaration, members, signature } = ensemble
  const boxes = useMemo(() => boxesOf(ensemble), [ensemble])
  const refresh = useAct(async () => {
    const made = await refreshEnsemble(name)
    router.history.push(paths.ensemble(name, made.version))
  }, [ensemblesApi.list, ensemblesApi.get, ensemblesApi.versions])
  const open = (node: string) => {
    const member = members.find((one) => one.node === node)
    if (member?.model.startsWith('models:/'))
      router.history.push(paths.modelVersion(member.modelName, member.version))
  }
  return (
    <Page
      title={name}
      crumbs={[
        { label: 'Endpoints', href: paths.endpoints },
        { label: 'Ensembles', href: paths.ensembles },
      ]}
      badges={<Tag>version {version}</Tag>}
      subtitle={declaration.description}
      actions={
        <button
          type="button"
          className="button"
          disabled={refresh.isPending}
          onClick={() => refresh.mutate()}
        >
          New version of what aliases stand for
        </button>
      }
    >
      <FormFailure error={refresh.error} />
      <Section title="Parts" aside="from what it takes to what it answers">
        <EnsembleGraph boxes={boxes} onChoose={open} />
        <Facts
          facts={[
            { label: 'Takes', value: specWords(signature.inputs) },
            { label: 'Answers', value: specWords(signature.outputs) },
            { label: 'Project', value: ensemble.project ?? '–' },
            { label: 'Made', value: <When at={ensemble.createdAt} full /> },
            { label: 'By', value: ensemble.createdBy },
            {
              label: 'Digest',
              value: <code title={ensemble.digest}>{ensemble.digest.slice(0, 12)}</code>,
            },
          ]}
        />
      </Section>
      <Section title="Models">
        <Table
          label="Models"
          columns={memberColumns}
          rows={members}
          rowKey={(row) => row.node}
          csvName={`${name}-models`}
        />
      </Section>
      <Versions name={name} shown={version} />
      <Command text={`kaizen endpoints create ${name} --model ensembles:/${name}/${version}`} />
    </Page>
  )
}

const specWords = (specs: readonly TensorSpec[]): string =>
  specs.map((spec) => `${spec.name} ${spec.datatype} [${spec.shape.join(', ')}]`).join(', ')

type Member = EnsembleView['members'][number]
const memberColumns: readonly TableColumn<Member>[] = [
  { id: 'node', header: 'Part', minWidth: 130, cell: (row) => row.node, sort: (row) => row.node },
  {
    id: 'model',
    header: 'Model',
    minWidth: 170,
    cell: (row) =>
      row.model.startsWith('models:/') ? (
        <Link href={paths.modelVersion(row.modelName, row.version)}>
          {row.modelName} · {row.version}
        </Link>
      ) : (
        `${row.modelName} · ${row.version}`
      ),
    sort: (row) => row.modelName,
  },
  { id: 'declared', header: 'Declared as', minWidth: 200, cell: (row) => row.model },
  {
    id: 'takes',
    header: 'Takes',
    minWidth: 200,
    cell: (row) => specWords(row.signature.inputs),
  },
]

const versionColumns: readonly TableColumn<EnsembleView>[] = [
  {
    id: 'version',
    header: 'Version',
    width: 90,
    align: 'end',
    cell: (row) => <Link href={paths.ensemble(row.name, row.version)}>{row.version}</Link>,
    sort: (row) => row.version,
  },
  {
    id: 'members',
    header: 'Models',
    minWidth: 240,
    cell: (row) => row.members.map((one) => `${one.modelName} · ${one.version}`).join(', '),
  },
  { id: 'made', header: 'Made', width: 120, cell: (row) => <When at={row.createdAt} /> },
  { id: 'by', header: 'By', minWidth: 120, cell: (row) => row.createdBy },
]

function Versions({ name, shown }: { readonly name: string; readonly shown: number }) {
  const { query, rows, onEnd } = usePages(versionsQuery(name))
  return (
    <Section title="Versions" aside={`version ${shown} is shown`}>
      <Loaded query={query}>
        {() => (
          <Table
            label="Versions"
            primary
            columns={versionColumns}
            rows={rows}
            rowKey={(row) => String(row.version)}
            onEnd={onEnd}
          />
        )}
      </Loaded>
    </Section>
  )
}
