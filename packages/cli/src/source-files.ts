import { setTimeout as sleep } from 'node:timers/promises'
import { auditApi, dataApi, KaizenError } from '@kaizen/contracts'
import type { Client, ProjectBundle } from '@kaizen/sdk'

const pollMs = 100
const deadlineMs = 10 * 60_000

/**
 * Resolves when every file that the project declares as the source of a dataset has become its first version.
 * @throws INVALID_DATA with the reason when one cannot be read, TIMEOUT past ten minutes.
 */
export async function untilSourcesLoaded(
  client: Client,
  manifest: ProjectBundle['manifest'],
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  for (const { name, source } of manifest.datasets) {
    const file = manifest.bundle.find(({ path }) => path === source?.path)
    if (!file) continue
    while ((await client.call(dataApi.get, { params: { name } })).versions === 0) {
      await throwRefusal(client, name, file.digest)
      if (Date.now() > deadline) {
        throw new KaizenError('TIMEOUT', `${file.path} has not been loaded into "${name}" yet`, {
          hint: `Look again with: kaizen data show ${name}`,
        })
      }
      await sleep(pollMs)
    }
  }
}

interface Refusal {
  readonly digest?: string
  readonly path?: string
  readonly error?: { readonly message: string; readonly hint: string | null }
}

async function throwRefusal(client: Client, dataset: string, digest: string): Promise<void> {
  const { items } = await client.call(auditApi.list, {
    query: { type: 'delivery.source.failed', subject: `dataset:${dataset}`, limit: 1 },
  })
  const refusal = items[0]?.data as Refusal | undefined
  if (refusal?.digest !== digest) return
  throw new KaizenError('INVALID_DATA', `${refusal.path}: ${refusal.error?.message}`, {
    hint: refusal.error?.hint ?? 'Correct the file and apply the project again.',
  })
}
