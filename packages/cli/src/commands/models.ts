import { readFile } from 'node:fs/promises'
import {
  KaizenError,
  type ModelVersionView,
  type ModelView,
  modelsApi,
  type TensorSpec,
} from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'
import { approvalsCommand, approveCommand, policyCommand } from './model-approvals.ts'
import { cardCommand } from './model-card.ts'
import { signCommand, verifyCommand } from './model-signatures.ts'

/** `kaizen models`: registered models, versions and aliases. */
export function modelsCommand(): Command {
  return new Command('models')
    .description('Registered models: versions and aliases.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(versionsCommand())
    .addCommand(uploadCommand())
    .addCommand(aliasCommand())
    .addCommand(approvalsCommand())
    .addCommand(approveCommand())
    .addCommand(policyCommand())
    .addCommand(cardCommand())
    .addCommand(signCommand())
    .addCommand(verifyCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List registered models.', 'kaizen models list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const models = await Array.fromAsync(client.paged(modelsApi.list))
      print(json, models, () =>
        models.length === 0
          ? 'No models yet. A policy registers what passes its gate; `kaizen models upload NAME FILE` registers an ONNX file.'
          : renderTable(models, [
              { title: 'name', of: (row) => row.name },
              { title: 'latest', of: (row) => row.latestVersion, right: true },
              {
                title: 'aliases',
                of: (row) =>
                  row.aliases.map(({ alias, version }) => `${alias}=${version}`).join(', '),
              },
              { title: 'updated', of: (row) => formatTime(row.updatedAt) },
            ]),
      )
    },
  )

const showCommand = (): Command =>
  apiCommand('show', 'Show a model, or one of its versions.', 'kaizen models show fraud @champion')
    .argument('<name>', 'the model')
    .argument('[version]', 'number of a version, or @ALIAS')
    .action(async (name: string, version: string | undefined, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      if (version === undefined) {
        const model = await client.call(modelsApi.get, { params: { name } })
        print(json, model, () => describeModel(model))
      } else {
        const view = await client.call(modelsApi.version, { params: { name, version } })
        print(json, view, () => describeVersion(view))
      }
    })

const describeModel = (model: ModelView): string =>
  renderFacts({
    name: model.name,
    description: model.description,
    latest: model.latestVersion,
    aliases: model.aliases.map(({ alias, version }) => `${alias}=${version}`).join(', '),
    created: formatTime(model.createdAt),
    updated: formatTime(model.updatedAt),
  })

const describeVersion = (view: ModelVersionView): string => {
  const tensors = (specs: readonly TensorSpec[] | undefined): string | null =>
    specs?.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape}]`).join(', ') ?? null
  return renderFacts({
    model: view.name,
    version: view.version,
    status: view.status,
    aliases: view.aliases.join(', '),
    description: view.description,
    source: view.source,
    run: view.runId,
    digest: view.modelDigest,
    bytes: view.modelSizeBytes,
    inputs: tensors(view.signature?.inputs),
    outputs: tensors(view.signature?.outputs),
    tags: Object.entries(view.tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
    created: formatTime(view.createdAt),
    by: view.createdBy,
  })
}

const versionsCommand = (): Command =>
  apiCommand(
    'versions',
    'List the versions of a model, newest first.',
    'kaizen models versions fraud',
  )
    .argument('<name>', 'the model')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const items = await Array.fromAsync(client.paged(modelsApi.versions, { params: { name } }))
      print(json, items, () =>
        renderTable(items, [
          { title: 'version', of: (row) => row.version, right: true },
          { title: 'aliases', of: (row) => row.aliases.join(', ') },
          { title: 'created', of: (row) => formatTime(row.createdAt) },
          { title: 'by', of: (row) => row.createdBy },
          { title: 'bytes', of: (row) => row.modelSizeBytes, right: true },
          { title: 'description', of: (row) => row.description },
        ]),
      )
    })

const uploadCommand = (): Command =>
  apiCommand(
    'upload',
    'Register an ONNX file as a new version.',
    'kaizen models upload fraud fraud.onnx --alias champion',
  )
    .argument('<name>', 'the model; made if it does not exist')
    .argument('<file>', 'an ONNX file')
    .option('--alias <alias>', 'point this alias at it')
    .action(async (name: string, file: string, flags: { alias?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const content = await readFile(file).catch((cause: unknown) => {
        throw new KaizenError('NOT_FOUND', `the file ${file} cannot be read`, { cause })
      })
      const query = given('alias', flags.alias)
      const version = await client.upload(
        modelsApi.upload,
        { params: { name }, query },
        new Uint8Array(content),
      )
      print(
        json,
        version,
        () =>
          `Registered version ${version.version} of ${name}. Serve it with: kaizen endpoints create NAME --model models:/${name}/${version.version}`,
      )
    })

const aliasCommand = (): Command =>
  apiCommand('alias', 'Point an alias at a version.', 'kaizen models alias fraud champion 4')
    .argument('<name>', 'the model')
    .argument('<alias>', 'the alias, for example champion')
    .argument('<version>', 'number of the version')
    .action(async (name: string, alias: string, version: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(modelsApi.setAlias, {
        params: { name, alias },
        body: { version: Number(version) },
      })
      print(json, view, () => `${alias} of ${name} is version ${view.version}.`)
    })
