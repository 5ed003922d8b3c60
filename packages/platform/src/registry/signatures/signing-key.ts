import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'

/** Answers the private key that signs versions; the same at every call. */
export type SigningKey = () => Promise<KeyObject>

/** The operator's key, or one that is made once and kept beside the data, readable by its owner alone. */
export function signingKey(file: string | undefined, folder: string): SigningKey {
  let key: Promise<KeyObject> | undefined
  return () => {
    key ??= file === undefined ? ownKey(join(folder, 'signing.key')) : readKey(file)
    // A failure is not kept: the file may be put right while the server runs.
    key.catch(() => {
      key = undefined
    })
    return key
  }
}

async function ownKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' })
  // Appears whole or not at all: another process, or call, may look for it now.
  const part = `${path}.${randomUUID()}`
  await writeFile(part, text, { mode: 0o600 })
  await link(part, path).catch((failure: unknown) => {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure
  })
  await rm(part, { force: true })
  return readKey(path)
}

/** @throws INVALID_CONFIG for what is no private Ed25519 key in PEM; never with any of its content */
async function readKey(path: string): Promise<KeyObject> {
  const text = await readFile(path, 'utf8').catch((failure: unknown) => {
    throw unusable((failure as NodeJS.ErrnoException).code ?? 'it cannot be read')
  })
  const key = parse(text)
  if (key?.asymmetricKeyType !== 'ed25519') throw unusable('it holds no private Ed25519 key')
  return key
}

function parse(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

const unusable = (why: string): KaizenError =>
  new KaizenError('INVALID_CONFIG', `the signing key cannot be used: ${why}`, {
    hint: 'Make one: openssl genpkey -algorithm ed25519 -out signing.key, and start the server with --signing-key FILE.',
  })
