import { readFile } from 'node:fs/promises'
import {
  entityDeclaration,
  type FeatureView,
  featureServiceDeclaration,
  featuresApi,
  featureViewDeclaration,
  type JsonValue,
  KaizenError,
} from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'
import { joinCommand, materializeCommand, pushCommand } from './feature-rows.ts'
import { checkCommand, getCommand } from './feature-values.ts'

/** `kaizen features`: what features are, as they were, and as they are now. */
export const featuresCommand = (): Command =>
  new Command('features')
    .description('Features: views of datasets by entity, point-in-time joins, the online store.')
    .addCommand(listCommand())
    .addCommand(defineCommand())
    .addCommand(showCommand())
    .addCommand(materializeCommand())
    .addCommand(getCommand())
    .addCommand(checkCommand())
    .addCommand(joinCommand())
    .addCommand(pushCommand())
    .addCommand(removeCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List feature views, or services or entities.', 'kaizen features list')
    .option('--services', 'list feature services', false)
    .option('--entities', 'list entities', false)
    .action(async (flags: { services: boolean; entities: boolean }, command: Command) => {
      if (flags.services || flags.entities) return listOthers(flags.services, command)
      const { client, json } = contextOf(command)
      const views = await Array.fromAsync(client.paged(featuresApi.views))
      print(json, views, () =>
        views.length === 0
          ? 'No feature views yet. `kaizen features define FILE` makes one, or declare it in kaizen.ts.'
          : renderTable(views, [
              { title: 'view', of: (row) => row.definition.name },
              { title: 'version', of: (row) => row.version, right: true },
              { title: 'features', of: (row) => row.definition.features.length, right: true },
              { title: 'join keys', of: keysText },
              { title: 'dataset', of: (row) => row.definition.source.dataset },
              { title: 'online to', of: (row) => formatTime(row.online.materializedTo) },
              { title: 'project', of: (row) => row.project },
            ]),
      )
    })

async function listOthers(services: boolean, command: Command): Promise<void> {
  const { client, json } = contextOf(command)
  if (services) {
    const found = await Array.fromAsync(client.paged(featuresApi.services))
    print(json, found, () =>
      renderTable(found, [
        { title: 'service', of: (row) => row.definition.name },
        { title: 'version', of: (row) => row.version, right: true },
        { title: 'views', of: (row) => row.definition.views.map(({ view }) => view).join(', ') },
        { title: 'project', of: (row) => row.project },
      ]),
    )
    return
  }
  const found = await Array.fromAsync(client.paged(featuresApi.entities))
  print(json, found, () =>
    renderTable(found, [
      { title: 'entity', of: (row) => row.definition.name },
      { title: 'join keys', of: (row) => keyList(row.definition.joinKeys) },
      { title: 'project', of: (row) => row.project },
    ]),
  )
}

const keyList = (keys: readonly { readonly name: string; readonly type: string }[]): string =>
  keys.map(({ name, type }) => `${name} (${type})`).join(', ')
const keysText = ({ joinKeys }: FeatureView): string => keyList(joinKeys)

const defineCommand = (): Command =>
  apiCommand(
    'define',
    'Define an entity, feature view or feature service from a file of JSON.',
    'kaizen features define customer-stats.json',
  )
    .argument(
      '<file>',
      'its definition: with joinKeys an entity, with features a view, with views a service',
    )
    .action(async (file: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const given = await jsonOf(file)
      const fields = given as Readonly<Record<string, JsonValue>>
      const made =
        'joinKeys' in fields
          ? await client.call(featuresApi.putEntity, {
              body: parsed(entityDeclaration, given, file),
            })
          : 'views' in fields
            ? await client.call(featuresApi.putService, {
                body: parsed(featureServiceDeclaration, given, file),
              })
            : await client.call(featuresApi.putView, {
                body: parsed(featureViewDeclaration, given, file),
              })
      print(json, made, () => `${made.definition.name}: version ${made.version} is in force.`)
    })

interface Parser<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false
        readonly error: { readonly issues: readonly { path: PropertyKey[]; message: string }[] }
      }
}

function parsed<T>(schema: Parser<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.slice(0, 5)
  throw new KaizenError(
    'INVALID_REQUEST',
    `${file}: ${issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ')}`,
  )
}

async function jsonOf(file: string): Promise<JsonValue> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KaizenError('INVALID_REQUEST', `${file} cannot be read`, { cause })
  })
  try {
    const value = JSON.parse(text) as JsonValue
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Told below, with what is no object.
  }
  throw new KaizenError('INVALID_JSON', `${file} holds no JSON object`)
}

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show a feature view: its definition, and what of it stands online.',
    'kaizen features show customer-stats',
  )
    .argument('<view>', 'the feature view')
    .option('--version <number>', 'the newest unless told', wholeNumber(1))
    .action(async (name: string, flags: { version?: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const query = given('version', flags.version)
      const view = await client.call(featuresApi.view, { params: { name }, query })
      const { definition, online } = view
      print(json, view, () =>
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
            { title: 'column', of: (row) => row.column ?? row.name },
          ]),
        ].join('\n'),
      )
    })

const removeCommand = (): Command =>
  apiCommand(
    'remove',
    'Remove a feature view with its rows online, or a service or entity.',
    'kaizen features remove customer-stats',
  )
    .argument('<name>', 'the feature view')
    .option('--service', 'it is a feature service', false)
    .option('--entity', 'it is an entity', false)
    .action(
      async (name: string, flags: { service: boolean; entity: boolean }, command: Command) => {
        const { client, json } = contextOf(command)
        const params = { name }
        if (flags.service) await client.call(featuresApi.removeService, { params })
        else if (flags.entity) await client.call(featuresApi.removeEntity, { params })
        else await client.call(featuresApi.removeView, { params })
        print(json, { removed: name }, () => `${name} is removed.`)
      },
    )
