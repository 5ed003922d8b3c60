import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { KaizenError, systemApi } from '@kaizen/contracts'
import type { Finding } from '@kaizen/platform'
import type { Client } from '@kaizen/sdk'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print, printable } from '../render.ts'

const webPage = fileURLToPath(new URL('../../../web/dist/index.html', import.meta.url))
const signs = { ok: '✓', warning: '!', failed: '✗' } as const

interface DoctorFlags {
  readonly dataDir: string
  readonly databaseUrl?: string
}

/** `kaizen doctor`: what a server needs, as it is on this machine, with a remedy for each thing that is wrong. */
export const doctorCommand = (): Command =>
  apiCommand(
    'doctor',
    'Check what Kaizen needs on this machine, and say what to do about the rest.',
    'kaizen doctor --data-dir /var/lib/kaizen',
  )
    .option('--data-dir <folder>', 'folder that a server would use', '.kaizen')
    .option('--database-url <url>', 'PostgreSQL that a server would use')
    .action(async (flags: DoctorFlags, command: Command) => {
      const { client, baseUrl, json } = contextOf(command)
      const { examineMachine, version } = await import('@kaizen/platform')
      const findings = [
        ...(await examineMachine(flags)),
        examineInterface(),
        await examineServer(client, baseUrl, version),
      ]
      print(json, { version, findings }, () =>
        [`Kaizen ${version}`, ...findings.map(describe)].join('\n'),
      )
      const failed = findings.filter((finding) => finding.state === 'failed')
      if (failed.length > 0) {
        throw new KaizenError(
          'UNAVAILABLE',
          `not ready: ${failed.map((finding) => finding.name).join(', ')}`,
          { hint: 'The remedies stand above.' },
        )
      }
    })

function describe({ name, state, detail, remedy }: Finding): string {
  const line = `${signs[state]} ${name}: ${printable(detail)}`
  return remedy === undefined ? line : `${line}\n    ${remedy}`
}

function examineInterface(): Finding {
  const name = 'user interface'
  return existsSync(webPage)
    ? { name, state: 'ok', detail: 'is built' }
    : {
        name,
        state: 'warning',
        detail: 'is not built',
        remedy: '`./kaizen server` of a checkout builds it on its first start.',
      }
}

/** A server that does not run is no fault: the machine is examined before one is started, too. */
async function examineServer(client: Client, baseUrl: string, version: string): Promise<Finding> {
  const name = 'server'
  try {
    const info = await client.call(systemApi.info)
    const detail = `${baseUrl} runs ${info.version} on ${info.database}`
    return info.version === version
      ? { name, state: 'ok', detail }
      : {
          name,
          state: 'warning',
          detail,
          remedy: `This command line is ${version}: use that of the server, or update it.`,
        }
  } catch (failure) {
    if (!(failure instanceof KaizenError)) throw failure
    const remedy =
      failure.kind === 'denied'
        ? 'Set KAIZEN_TOKEN to a token of this server.'
        : 'Start one with `kaizen server`, or name another with --server.'
    return { name, state: 'warning', detail: failure.message, remedy }
  }
}
