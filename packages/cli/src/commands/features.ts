import { readFile } from 'node:fs/promises'
import {
  entityDeclaration,
  featureServiceDeclaration,
  featuresApi,
  featureViewDeclaration,
  type JsonValue,
  KaizenError,
} from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print } from '../render.ts'
import { listCommand, removeCommand, showCommand } from './feature-definitions.ts'
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
