import { readFile } from 'node:fs/promises'
import { type Plan, projectApi } from '@kaizen/contracts'
import { type Client, codeSource, loadProject, type ProjectBundle, toManifest } from '@kaizen/sdk'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print } from '../render.ts'
import { untilSourcesLoaded } from '../source-files.ts'

/** `kaizen plan`: what applying the project would change. */
export const planCommand = (): Command =>
  apiCommand(
    'plan',
    'Show what `apply` would change; changes nothing.',
    'kaizen plan examples/bike-sharing',
  )
    .argument('[folder]', 'folder of kaizen.ts', '.')
    .action(async (folder: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { manifest } = await readProject(folder)
      const plan = await client.call(projectApi.plan, { body: manifest })
      print(json, plan, () => describePlan(plan))
    })

/** `kaizen apply`: brings the project into force. */
export const applyCommand = (): Command =>
  apiCommand(
    'apply',
    'Put a project into force: upload its files and declare its objects.',
    'kaizen apply examples/bike-sharing --reason "first loop"',
  )
    .argument('[folder]', 'folder of kaizen.ts', '.')
    .option('--reason <text>', 'why; stands in the audit log', '')
    .action(async (folder: string, flags: { reason: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const result = await applyProject(client, folder, flags.reason)
      await untilSourcesLoaded(client, (await readProject(folder)).manifest)
      print(
        json,
        result,
        () =>
          `${describePlan(result)}\nRevision ${result.revision} of ${result.project} is in force.`,
      )
    })

/** The project with the state of its code in git. */
export async function readProject(folder: string): Promise<ProjectBundle> {
  const { manifest, files } = await toManifest(await loadProject(folder), { folder })
  const source = await codeSource(folder, manifest.bundle)
  return { manifest: { ...manifest, ...(source ? { source } : {}) }, files }
}

/** Uploads what the server lacks and applies the manifest. */
export async function applyProject(
  client: Client,
  folder: string,
  reason: string,
): Promise<Plan & { readonly revision: number }> {
  const { manifest, files } = await readProject(folder)
  const { missingFiles } = await client.call(projectApi.plan, { body: manifest })
  for (const digest of missingFiles) {
    const file = files.find((candidate) => candidate.digest === digest)
    if (file)
      await client.upload(
        projectApi.putFile,
        { params: { id: digest } },
        new Uint8Array(await readFile(file.fullPath)),
      )
  }
  return client.call(projectApi.apply, { body: { manifest, reason } })
}

const signs = {
  create: '+',
  change: '~',
  remove: '-',
  release: '/',
  drifted: '!',
  keep: ' ',
} as const

function describePlan(plan: Plan): string {
  const changed = plan.changes.filter((change) => change.kind !== 'keep')
  if (changed.length === 0) return `Nothing to change: ${plan.project} is in force as declared.`
  return changed
    .flatMap((change) => [
      `${signs[change.kind]} ${change.object}${change.note === undefined ? '' : `  (${change.note})`}`,
      ...change.fields.map(
        (field) =>
          `    ${field.path}: ${JSON.stringify(field.before)} → ${JSON.stringify(field.after)}`,
      ),
    ])
    .join('\n')
}
