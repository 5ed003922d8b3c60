import { type FeatureView, featuresApi, onDemandApi } from '@kaizen/contracts'
import type { Command } from 'commander'
import { type ApiContext, apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'

type Client = ApiContext['client']

/** Which kind of definition is meant; feature views unless told. */
interface KindFlags {
  readonly onDemand?: boolean
  readonly services?: boolean
  readonly entities?: boolean
  readonly service?: boolean
  readonly entity?: boolean
}

const keyList = (keys: readonly { readonly name: string; readonly type: string }[]): string =>
  keys.map(({ name, type }) => `${name} (${type})`).join(', ')
const keysText = ({ joinKeys }: FeatureView): string => keyList(joinKeys)

const fromText = ({ name, column, aggregate }: FeatureView['definition']['features'][number]) =>
  aggregate
    ? `${aggregate.function} of ${column ?? 'rows'} over ${aggregate.window}`
    : (column ?? name)

/** `kaizen features list`. */
export const listCommand = (): Command =>
  apiCommand(
    'list',
    'List feature views, or on-demand views, services or entities.',
    'kaizen features list',
    'kaizen features list --on-demand',
  )
    .option('--on-demand', 'list on-demand views', false)
    .option('--services', 'list feature services', false)
    .option('--entities', 'list entities', false)
    .action(async (flags: KindFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const list = flags.onDemand
        ? listOnDemand
        : flags.services
          ? listServices
          : flags.entities
            ? listEntities
            : listViews
      const { found, text } = await list(client)
      print(json, found, text)
    })

interface Listed {
  readonly found: readonly unknown[]
  readonly text: () => string
}

async function listViews(client: Client): Promise<Listed> {
  const found = await Array.fromAsync(client.paged(featuresApi.views))
  const text = () =>
    found.length === 0
      ? 'No feature views yet. `kaizen features define FILE` makes one, or declare it in kaizen.ts.'
      : renderTable(found, [
          { title: 'view', of: (row) => row.definition.name },
          { title: 'version', of: (row) => row.version, right: true },
          { title: 'features', of: (row) => row.definition.features.length, right: true },
          { title: 'join keys', of: keysText },
          { title: 'dataset', of: (row) => row.definition.source.dataset },
          { title: 'online to', of: (row) => formatTime(row.online.materializedTo) },
          { title: 'project', of: (row) => row.project },
        ])
  return { found, text }
}

async function listOnDemand(client: Client): Promise<Listed> {
  const found = await Array.fromAsync(client.paged(onDemandApi.views))
  const text = () =>
    found.length === 0
      ? 'No on-demand views yet. Declare one in kaizen.ts with onDemandView().'
      : renderTable(found, [
          { title: 'on-demand view', of: (row) => row.definition.name },
          { title: 'version', of: (row) => row.version, right: true },
          { title: 'features', of: (row) => row.definition.features.length, right: true },
          { title: 'a request gives', of: (row) => keyList(row.request) },
          { title: 'project', of: (row) => row.project },
        ])
  return { found, text }
}

async function listServices(client: Client): Promise<Listed> {
  const found = await Array.fromAsync(client.paged(featuresApi.services))
  const text = () =>
    renderTable(found, [
      { title: 'service', of: (row) => row.definition.name },
      { title: 'version', of: (row) => row.version, right: true },
      { title: 'views', of: (row) => row.definition.views.map(({ view }) => view).join(', ') },
      { title: 'project', of: (row) => row.project },
    ])
  return { found, text }
}

async function listEntities(client: Client): Promise<Listed> {
  const found = await Array.fromAsync(client.paged(featuresApi.entities))
  const text = () =>
    renderTable(found, [
      { title: 'entity', of: (row) => row.definition.name },
      { title: 'join keys', of: (row) => keyList(row.definition.joinKeys) },
      { title: 'project', of: (row) => row.project },
    ])
  return { found, text }
}

interface ShowFlags extends KindFlags {
  readonly version?: number
}

/** `kaizen features show`. */
export const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show a feature view with what of it stands online, or another definition.',
    'kaizen features show customer-stats',
    'kaizen features show order-risk --on-demand',
  )
    .argument('<name>', 'the feature view')
    .option('--version <number>', 'of a view; the newest unless told', wholeNumber(1))
    .option('--on-demand', 'it is an on-demand view', false)
    .option('--service', 'it is a feature service', false)
    .option('--entity', 'it is an entity', false)
    .action(async (name: string, flags: ShowFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const show = flags.onDemand
        ? showOnDemand
        : flags.service
          ? showService
          : flags.entity
            ? showEntity
            : showView
      const { found, text } = await show(client, name, flags.version)
      print(json, found, text)
    })

interface Shown {
  readonly found: unknown
  readonly text: () => string
}

async function showView(client: Client, name: string, version?: number): Promise<Shown> {
  const query = given('version', version)
  const view = await client.call(featuresApi.view, { params: { name }, query })
  const { definition, online } = view
  const text = () =>
    [
      renderFacts({
        'feature view': name,
        description: definition.description,
        owner: definition.owner,
        version: `${view.version} (${view.digest.slice(0, 12)}), by ${view.createdBy}`,
        'join keys': keysText(view),
        dataset: definition.source.dataset,
        'event time': definition.source.eventTime.column,
        created: definition.source.created,
        ttl: definition.ttl,
        refresh: definition.refresh,
        'online to': formatTime(online.materializedTo),
        'newest event': formatTime(online.newestEvent),
        'dataset version online': online.datasetVersion,
      }),
      '',
      renderTable(definition.features, [
        { title: 'feature', of: (row) => row.name },
        { title: 'type', of: (row) => row.type },
        { title: 'from', of: fromText },
      ]),
    ].join('\n')
  return { found: view, text }
}

async function showOnDemand(client: Client, name: string, version?: number): Promise<Shown> {
  const query = given('version', version)
  const view = await client.call(onDemandApi.view, { params: { name }, query })
  const { definition } = view
  const text = () =>
    [
      renderFacts({
        'on-demand view': name,
        description: definition.description,
        owner: definition.owner,
        version: `${view.version} (${view.digest.slice(0, 12)}), by ${view.createdBy}`,
        project: view.project,
        code: `${definition.module}, ${definition.export} (${definition.codeDigest.slice(0, 12)})`,
        timeout: definition.timeout,
        'a request gives': keyList(view.request),
      }),
      '',
      renderTable(definition.inputs, [
        { title: 'input', of: (row) => row.name },
        { title: 'type', of: (row) => row.type },
        {
          title: 'from',
          of: (row) => (row.from === 'view' ? `${row.view}:${row.feature}` : 'the request'),
        },
      ]),
      '',
      renderTable(definition.features, [
        { title: 'feature', of: (row) => row.name },
        { title: 'type', of: (row) => row.type },
        { title: 'description', of: (row) => row.description ?? '' },
      ]),
    ].join('\n')
  return { found: view, text }
}

async function showService(client: Client, name: string): Promise<Shown> {
  const service = await client.call(featuresApi.service, { params: { name } })
  const { definition } = service
  const text = () =>
    [
      renderFacts({
        'feature service': name,
        description: definition.description,
        owner: definition.owner,
        version: `${service.version} (${service.digest.slice(0, 12)}), by ${service.createdBy}`,
        project: service.project,
      }),
      '',
      renderTable(definition.views, [
        { title: 'view', of: (row) => row.view },
        { title: 'as', of: (row) => row.as ?? '' },
        { title: 'features', of: (row) => row.features?.join(', ') ?? 'all' },
        {
          title: 'keys',
          of: (row) =>
            Object.entries(row.keys ?? {})
              .map(([key, column]) => `${key}=${column}`)
              .join(', '),
        },
      ]),
    ].join('\n')
  return { found: service, text }
}

async function showEntity(client: Client, name: string): Promise<Shown> {
  const entity = await client.call(featuresApi.entity, { params: { name } })
  const { definition } = entity
  const text = () =>
    renderFacts({
      entity: name,
      description: definition.description,
      owner: definition.owner,
      version: `${entity.version} (${entity.digest.slice(0, 12)}), by ${entity.createdBy}`,
      'join keys': keyList(definition.joinKeys),
      project: entity.project,
    })
  return { found: entity, text }
}

/** `kaizen features remove`. */
export const removeCommand = (): Command =>
  apiCommand(
    'remove',
    'Remove a feature view with its rows online, or another definition.',
    'kaizen features remove customer-stats',
  )
    .argument('<name>', 'the feature view')
    .option('--on-demand', 'it is an on-demand view', false)
    .option('--service', 'it is a feature service', false)
    .option('--entity', 'it is an entity', false)
    .action(async (name: string, flags: KindFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name }
      if (flags.onDemand) await client.call(onDemandApi.removeView, { params })
      else if (flags.service) await client.call(featuresApi.removeService, { params })
      else if (flags.entity) await client.call(featuresApi.removeEntity, { params })
      else await client.call(featuresApi.removeView, { params })
      print(json, { removed: name }, () => `${name} is removed.`)
    })
