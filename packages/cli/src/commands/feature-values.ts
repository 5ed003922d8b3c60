import {
  feastApi,
  featuresApi,
  type JsonValue,
  KaizenError,
  type OnlineFeatures,
} from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { repeatable, wholeNumber } from '../option-values.ts'
import { print, renderFacts, renderTable } from '../render.ts'

/** `kaizen features get`: the newest values of entities. */
export const getCommand = (): Command =>
  apiCommand(
    'get',
    'Show the newest values of features for entities.',
    'kaizen features get customer-stats:orders --entity customer_id=7,8',
    'kaizen features get --service churn-v2 --entity customer_id=7',
    'kaizen features get order-risk:share --entity customer_id=7 --value amount=12.5',
  )
    .argument('[features...]', 'VIEW:FEATURE, or none with --service')
    .option('--service <name>', 'all features of a feature service')
    .option(
      '--entity <key=values>',
      'values of a join key, parted by commas; several times for several',
      repeatable,
      [],
    )
    .option(
      '--value <name=values>',
      'values that on-demand features are computed from, as JSON, parted by commas',
      repeatable,
      [],
    )
    .action(
      async (
        features: readonly string[],
        flags: { service?: string; entity: readonly string[]; value: readonly string[] },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const answer = await client.call(feastApi.getOnlineFeatures, {
          body: {
            entities: { ...entitiesOf(flags.entity), ...valuesOf(flags.value) },
            full_feature_names: true,
            ...(flags.service === undefined
              ? { features: [...features] }
              : { feature_service: flags.service }),
          },
        })
        print(json, answer, () => tableOf(answer))
      },
    )

/** Digits travel as text: the server reads them as the type of the join key, exactly. */
function entitiesOf(pairs: readonly string[]): Record<string, JsonValue[]> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1).split(',')]
      throw new KaizenError('INVALID_REQUEST', `--entity "${pair}" is not KEY=VALUES`)
    }),
  )
}

/** Values are what JSON says; a word without quotation marks is text. */
function valuesOf(pairs: readonly string[]): Record<string, JsonValue[]> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) throw new KaizenError('INVALID_REQUEST', `--value "${pair}" is not NAME=VALUES`)
      const text = pair.slice(at + 1)
      try {
        return [pair.slice(0, at), JSON.parse(`[${text}]`) as JsonValue[]]
      } catch {
        return [pair.slice(0, at), text.split(',')]
      }
    }),
  )
}

function tableOf({ metadata, results }: OnlineFeatures): string {
  const rows = results[0]?.values.map((_, row) => row) ?? []
  return renderTable(
    rows,
    metadata.feature_names.map((title, column) => ({
      title,
      of: (row) => {
        const { values, statuses } = results[column]!
        const value = values[row] ?? null
        if (statuses[row] === 'PRESENT')
          return typeof value === 'string' ? value : JSON.stringify(value)
        return value === null ? statuses[row]! : `${JSON.stringify(value)} (${statuses[row]})`
      },
    })),
  )
}

/** `kaizen features check`: whether online and offline say the same. */
export const checkCommand = (): Command =>
  apiCommand(
    'check',
    'Compare what stands online with the dataset, for a sample of entities; exits with 1 where they differ.',
    'kaizen features check customer-stats --sample 10000',
  )
    .argument('<view>', 'the feature view')
    .option('--sample <number>', 'how many entities', wholeNumber(1), 1000)
    .action(async (name: string, flags: { sample: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const query = { sample: flags.sample }
      const found = await client.call(featuresApi.consistency, { params: { name }, query })
      print(json, found, () => {
        const { checked, equal, missing, older, newer, different } = found
        return renderFacts({ checked, equal, newer, missing, older, different })
      })
      if (found.missing + found.older + found.different > 0) process.exitCode = 1
    })
