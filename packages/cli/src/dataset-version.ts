import { dataApi, KaizenError } from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'

/** The number of a version as a command takes it: the latest unless told. */
export async function versionNumber(
  client: Client,
  dataset: string,
  version: string | undefined,
): Promise<number> {
  if (version !== undefined) {
    if (/^[1-9]\d{0,9}$/.test(version)) return Number(version)
    throw new KaizenError('INVALID_REQUEST', `"${version}" is not the number of a version`, {
      hint: `\`kaizen data show ${dataset}\` lists them.`,
    })
  }
  const { latestVersion } = await client.call(dataApi.get, { params: { name: dataset } })
  if (latestVersion !== null) return latestVersion
  throw new KaizenError('NOT_FOUND', `the dataset "${dataset}" has no version yet`, {
    hint: `Add rows with: kaizen data add ${dataset} FILE`,
  })
}
