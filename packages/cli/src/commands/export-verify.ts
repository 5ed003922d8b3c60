import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print } from '../render.ts'

interface BundleVerdict {
  readonly verified: boolean
  readonly files: number
  readonly signed: boolean
  /** What is wrong, in words. */
  readonly faults: readonly string[]
}

/** `kaizen export verify`: a bundle where it lies, without a server; exit code 1 when it is not what was exported. */
export const exportVerifyCommand = (): Command =>
  apiCommand(
    'verify',
    'Check the files of a bundle, and its signature, without a server; exits with 1 when they are others.',
    'kaizen export verify fraud-c',
    'kaizen export verify fraud-c --key trusted.pem',
  )
    .argument('<folder>', 'a bundle')
    .option('--key <file>', 'the public key in PEM that has to have signed it')
    .action(async (folder: string, flags: { key?: string }, command: Command) => {
      const key = flags.key === undefined ? undefined : await readKey(flags.key)
      const verdict = verdictOf(await readFiles(folder), key)
      print(contextOf(command).json, verdict, () =>
        verdict.verified
          ? `${verdict.files} files are what was exported${verdict.signed ? ', and signed' : ''}.`
          : verdict.faults.join('\n'),
      )
      if (!verdict.verified) process.exitCode = 1
    })

const proofs: ReadonlySet<string> = new Set(['SHA256SUMS', 'SIGNATURE.json'])
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

function verdictOf(
  files: ReadonlyMap<string, Uint8Array>,
  key: KeyObject | undefined,
): BundleVerdict {
  const sums = files.get('SHA256SUMS')
  if (sums === undefined) {
    throw new KaizenError('NOT_FOUND', 'the folder holds no SHA256SUMS', {
      hint: 'Name a folder that kaizen export has written.',
    })
  }
  const lines = Buffer.from(sums).toString().trimEnd().split('\n')
  const listed = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]))
  const faults: string[] = []
  for (const [path, sum] of listed) {
    const content = files.get(path)
    if (content === undefined) faults.push(`${path} is missing`)
    else if (sha256(content) !== sum) faults.push(`${path} is another file`)
  }
  for (const path of files.keys()) {
    if (!listed.has(path) && !proofs.has(path)) faults.push(`${path} is not of the bundle`)
  }
  const proof = files.get('SIGNATURE.json')
  const fault = proof ? signatureFault(proof, sums, key) : key && 'it is not signed'
  if (fault !== undefined) faults.push(fault)
  return {
    verified: faults.length === 0,
    files: listed.size,
    signed: proof !== undefined,
    faults,
  }
}

/** What is wrong with a signature; without a key it only has to fit the key beside it. */
function signatureFault(
  proof: Uint8Array,
  sums: Uint8Array,
  trusted: KeyObject | undefined,
): string | undefined {
  try {
    const signed = JSON.parse(Buffer.from(proof).toString()) as Readonly<Record<string, string>>
    const der = Buffer.from(String(signed['publicKey']), 'base64')
    const key = trusted ?? createPublicKey({ key: der, format: 'der', type: 'spki' })
    const message = Buffer.from(`kaizen-export/1 ${sha256(sums)}`)
    const isRight = verify(null, message, key, Buffer.from(String(signed['signature']), 'base64'))
    return isRight ? undefined : 'the signature is not of this bundle and key'
  } catch {
    return 'the signature cannot be read'
  }
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw new KaizenError('NOT_FOUND', `the folder ${folder} cannot be read`, { cause })
    },
  )
  const files = new Map<string, Uint8Array>()
  for (const entry of entries) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path).replaceAll(sep, '/'), await readFile(path))
  }
  return files
}

async function readKey(file: string): Promise<KeyObject> {
  try {
    return createPublicKey(await readFile(file))
  } catch (cause) {
    throw new KaizenError('INVALID_CONFIG', `${file} holds no public key in PEM`, {
      hint: 'kaizen models verify NAME VERSION --json shows the key that signed a version.',
      cause,
    })
  }
}
