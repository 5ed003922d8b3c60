import { type Collected, systemApi } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { print } from '../render.ts'

/** `kaizen gc`: frees what nothing needs any more. */
export const gcCommand = (): Command =>
  apiCommand(
    'gc',
    'Remove what was deleted long ago, and content that nothing refers to.',
    'kaizen gc --dry-run',
    'kaizen gc --older-than 7d',
    'kaizen gc --logs-older-than 90d',
  )
    .option(
      '--older-than <duration>',
      'deleted runs, models and experiments older than this',
      '30d',
    )
    .option('--grace <duration>', 'leave content alone that is younger than this', '1d')
    .option(
      '--logs-older-than <duration>',
      'logs of pipeline runs that ended longer ago; all stay unless told',
    )
    .option('--dry-run', 'only tell what would go', false)
    .action(
      async (
        flags: {
          readonly olderThan: string
          readonly grace: string
          readonly logsOlderThan?: string
          readonly dryRun: boolean
        },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const { olderThan, grace, logsOlderThan, dryRun } = flags
        const body = { olderThan, grace, dryRun, ...given('logsOlderThan', logsOlderThan) }
        const collected = await client.call(systemApi.collect, { body })
        print(json, collected, () => told(collected, flags))
      },
    )

function told(
  { expired, retired, purged, restored, unfinishedUploads, logs, bundles, referenced }: Collected,
  { dryRun, grace }: { readonly dryRun: boolean; readonly grace: string },
): string {
  const would = dryRun ? 'would be ' : ''
  const content = ({ blobs, sizeBytes }: Collected['retired']): string =>
    `${blobs} (${(sizeBytes / 1e6).toFixed(1)} MB)`
  const files = ({ count, sizeBytes }: Collected['logs']): string =>
    `${count} (${(sizeBytes / 1e6).toFixed(1)} MB)`
  return [
    `${expired.runs} runs, ${expired.loggedModels} logged models, ${expired.experiments} experiments ${would}removed for good`,
    ...(expired.kept > 0 ? [`${expired.kept} kept: model versions are made of their files`] : []),
    `${content(retired)} contents that nothing refers to ${would}set aside; a collection ${grace} later removes them`,
    `${content(purged)} contents set aside earlier ${would}removed`,
    ...(restored > 0 ? [`${restored} contents set aside earlier are needed and ${would}kept`] : []),
    ...(unfinishedUploads > 0 ? [`${unfinishedUploads} unfinished uploads discarded`] : []),
    ...[
      `${files(logs)} logs of runs ${would}removed`,
      `${files(bundles)} folders of code that nothing runs ${would}removed`,
    ],
    `${referenced} contents are in use`,
  ].join('\n')
}
