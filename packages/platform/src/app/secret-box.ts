import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../kernel/index.ts'
import { SecretBox } from '../webhooks/index.ts'
import type { ServerConfig } from './config.ts'

/** Seals what receivers of events must show, by the key of this server. */
export const openSecretBox = async (config: ServerConfig, folder: string): Promise<SecretBox> =>
  new SecretBox(await secretKey(config, folder))

/** The operator's key, or one that is made once and kept beside the data, readable by its owner alone. */
async function secretKey({ secretKey }: ServerConfig, folder: string): Promise<Uint8Array> {
  if (secretKey !== undefined) return Buffer.from(sha256(secretKey), 'hex')
  const path = join(folder, 'secret.key')
  await writeFile(path, randomBytes(32), { flag: 'wx', mode: 0o600 }).catch((failure: unknown) => {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure
  })
  return readFile(path)
}
