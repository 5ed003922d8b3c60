import { readFile } from 'node:fs/promises'
import {
  type EnsembleDeclarationInput,
  type EnsembleView,
  ensemblesApi,
  KaizenError,
} from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { wholeNumber } from '../option-values.ts'
import { print, renderFacts, renderTable } from '../render.ts'

/** `kaizen ensembles`: graphs of models that answer as one. */
export const ensemblesCommand = (): Command =>
  new Command('ensembles')
    .description('Ensembles: graphs of models that answer as one.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(refreshCommand())
    .addCommand(showCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List ensembles.', 'kaizen ensembles list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const ensembles = await Array.fromAsync(client.paged(ensemblesApi.list))
      print(json, ensembles, () =>
        ensembles.length === 0
          ? 'No ensembles yet. `kaizen ensembles create FILE` makes one, or declare it in kaizen.ts.'
          : renderTable(ensembles, [
              { title: 'name', of: (row) => row.name },
              { title: 'version', of: (row) => row.version, right: true },
              { title: 'models', of: membersText },
              { title: 'project', of: (row) => row.project },
            ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Make a version of an ensemble from a file of JSON.',
    'kaizen ensembles create risk.json',
  )
    .argument('<file>', 'its declaration: name, nodes and outputs')
    .action(async (file: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(ensemblesApi.create, { body: await declarationOf(file) })
      print(json, view, () => describe(view))
    })

const refreshCommand = (): Command =>
  apiCommand(
    'refresh',
    'Make a version anew, with what aliases of its models stand for now.',
    'kaizen ensembles refresh risk',
  )
    .argument('<name>', 'the ensemble')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(ensemblesApi.refresh, { params: { name } })
      print(json, view, () => describe(view))
    })

const showCommand = (): Command =>
  apiCommand('show', 'Show an ensemble with its graph.', 'kaizen ensembles show risk')
    .argument('<name>', 'the ensemble')
    .option('--version <number>', 'the newest unless told', wholeNumber(1))
    .action(async (name: string, flags: { version?: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const query = given('version', flags.version)
      const view = await client.call(ensemblesApi.get, { params: { name }, query })
      print(json, view, () => describe(view))
    })

async function declarationOf(file: string): Promise<EnsembleDeclarationInput> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KaizenError('INVALID_REQUEST', `${file} cannot be read`, { cause })
  })
  try {
    return JSON.parse(text) as EnsembleDeclarationInput
  } catch (cause) {
    throw new KaizenError('INVALID_REQUEST', `${file} is not JSON: ${(cause as Error).message}`, {
      hint: 'Write {"name": …, "nodes": {…}, "outputs": {…}}; see the guide to serving.',
      cause,
    })
  }
}

const membersText = ({ members }: EnsembleView): string =>
  members.map(({ node, modelName, version }) => `${node}=${modelName}/${version}`).join(', ')

function describe(view: EnsembleView): string {
  const { name, version, declaration, members, signature, project } = view
  const types = (specs: EnsembleView['signature']['inputs']): string =>
    specs.map((spec) => `${spec.name} ${spec.datatype} [${spec.shape.join(', ')}]`).join('; ')
  const nodes = Object.entries(declaration.nodes).map(([node, spec]) => {
    const member = members.find((each) => each.node === node)
    return {
      node,
      kind: spec.kind,
      computes: member
        ? `${member.modelName}/${member.version}`
        : spec.kind === 'step'
          ? `${spec.module}: ${spec.export}`
          : '',
    }
  })
  return [
    renderFacts({
      name,
      version,
      project,
      inputs: types(signature.inputs),
      outputs: types(signature.outputs),
    }),
    '',
    renderTable(nodes, [
      { title: 'node', of: (row) => row.node },
      { title: 'kind', of: (row) => row.kind },
      { title: 'computes', of: (row) => row.computes },
    ]),
    '',
    `Serve it: kaizen endpoints create NAME --model ensembles:/${name}/${version}`,
  ].join('\n')
}
