import {
  type MlflowWorkspace,
  mlflowWorkspacesApi,
  type WorkspaceDeletionMode,
} from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '../../shared/api/client.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { chosenWorkspace, defaultWorkspace, enterWorkspace } from '../../shared/api/workspace.ts'
import { workspacesQuery } from '../../shared/api/workspaces-query.ts'
import { paths } from '../../shared/paths.ts'
import { ChoiceField, Form, FormFailure, SureButton, TextField } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import type { Chosen } from './users.tsx'

const api = mlflowWorkspacesApi

/** Workspaces: experiments and models of one are not seen from another. */
export function Workspaces({ chosen, onChoose }: Chosen) {
  const query = useQuery(workspacesQuery)
  return (
    <>
      {chosen === undefined && (
        <Section title="New workspace" aside="with experiments, models and traces of its own">
          <NewWorkspace onCreated={onChoose} />
        </Section>
      )}
      <Section
        title="Workspaces"
        aside={
          chosen !== undefined && (
            <Link className="link" href={paths.settingsTab('workspaces')}>
              All, and a new one
            </Link>
          )
        }
      >
        <Loaded query={query}>
          {(workspaces) => (
            <Table
              label="Workspaces"
              primary
              columns={columns}
              rows={workspaces}
              rowKey={(row) => row.name}
              height={chosen === undefined ? 'min(640px, 72vh)' : 240}
              rowTone={(row) => (row.name === chosen ? 'chosen' : undefined)}
              empty={<p className="section-body faint">You may see no workspace.</p>}
            />
          )}
        </Loaded>
      </Section>
      {query.data
        ?.filter(({ name }) => name === chosen)
        .map((workspace) => (
          <Workspace
            key={workspace.name}
            workspace={workspace}
            onGone={() =>
              chosenWorkspace() === workspace.name
                ? enterWorkspace(defaultWorkspace)
                : onChoose(undefined)
            }
          />
        ))}
    </>
  )
}

function NewWorkspace({ onCreated }: { readonly onCreated: (name: string) => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [root, setRoot] = useState('')
  const create = useAct(async () => {
    const body = {
      name,
      ...(description !== '' && { description }),
      ...(root !== '' && { default_artifact_root: root }),
    }
    await call(api.create, { body })
    setName('')
    onCreated(name)
  }, [api.list])
  return (
    <Form label="Create a workspace" onSubmit={() => create.mutate()}>
      <TextField label="Name" value={name} onChange={setName} />
      <TextField label="What it is for" value={description} onChange={setDescription} />
      <TextField
        label="Where artifacts go"
        placeholder="as the server does"
        value={root}
        onChange={setRoot}
      />
      <button type="submit" className="button primary" disabled={name === '' || create.isPending}>
        Create workspace
      </button>
      <FormFailure error={create.error} />
    </Form>
  )
}

const modes = ['RESTRICT', 'SET_DEFAULT', 'CASCADE'] as const
const modeWords: Readonly<Record<WorkspaceDeletionMode, string>> = {
  RESTRICT: 'only if it is empty',
  SET_DEFAULT: 'what it holds moves to the default workspace',
  CASCADE: 'what it holds is deleted with it',
}

function Workspace(props: { readonly workspace: MlflowWorkspace; readonly onGone: () => void }) {
  const { name, description = '' } = props.workspace
  const params = { workspace_name: name }
  const [words, setWords] = useState(description)
  const [mode, setMode] = useState<WorkspaceDeletionMode>('RESTRICT')
  const describe = useAct(
    () => call(api.update, { params, body: { description: words } }),
    [api.list],
  )
  const remove = useAct(async () => {
    // Its answer has no body to read.
    await client().stream(api.delete, { params, query: { mode } })
    props.onGone()
  }, [api.list])
  return (
    <Section
      title={name}
      aside={
        chosenWorkspace() === name ? (
          'what you see is of this one'
        ) : (
          <button type="button" className="button small" onClick={() => enterWorkspace(name)}>
            Enter {name}
          </button>
        )
      }
    >
      <Form label={`Describe ${name}`} onSubmit={() => describe.mutate()}>
        <TextField label="What it is for" value={words} onChange={setWords} />
        <button
          type="submit"
          className="button"
          disabled={words === description || describe.isPending}
        >
          Save
        </button>
        <FormFailure error={describe.error} />
      </Form>
      {name !== defaultWorkspace && (
        <Form label={`Delete ${name}`} onSubmit={() => undefined}>
          <ChoiceField label="Delete it" value={mode} choices={modes} onChange={setMode} />
          <span className="soft">{modeWords[mode]}</span>
          <SureButton
            key={mode}
            label={`Delete ${name}`}
            warning={`Delete ${name}: ${modeWords[mode]}`}
            disabled={remove.isPending}
            onSure={() => remove.mutate()}
          />
          <FormFailure error={remove.error} />
        </Form>
      )}
    </Section>
  )
}

const columns: readonly TableColumn<MlflowWorkspace>[] = [
  {
    id: 'name',
    header: 'Workspace',
    minWidth: 150,
    cell: (row) => (
      <>
        <Link href={paths.workspace(row.name)}>{row.name}</Link>{' '}
        {row.name === chosenWorkspace() && <Tag>shown now</Tag>}
      </>
    ),
    sort: (row) => row.name,
  },
  {
    id: 'description',
    header: 'What it is for',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.description || '–'}</span>,
  },
  {
    id: 'root',
    header: 'Where artifacts go',
    minWidth: 180,
    cell: (row) => row.default_artifact_root ?? <span className="faint">as the server does</span>,
    sort: (row) => row.default_artifact_root ?? null,
  },
]
