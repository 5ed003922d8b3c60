import { createHash, createPublicKey } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type BundleSignature, KaizenError, type SignatureVerdict } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, sha256 } from '../../kernel/index.ts'
import { type FolderFile, packFolder } from '../../runtime/index.ts'
import type { BlobStore, Reader, Tx } from '../../storage/index.ts'
import { readPolicy } from '../approvals/approvals.store.ts'
import type { ModelVersion, RegisteredModel } from '../model.ts'
import {
  bundleDigestOf,
  type ExportSignature,
  publicKeyText,
  signBundle,
  signExport,
  verdictOf,
} from './bundle-signature.ts'
import * as store from './signatures.store.ts'
import type { SigningKey } from './signing-key.ts'

/** What signing needs; a registry without it signs nothing and lets nothing in where a policy asks for a signature. */
export interface Signing {
  readonly blobs: Pick<BlobStore, 'localPath'>
  readonly key: SigningKey
  /** The files of a version whose model is a folder. */
  readonly filesOf?: (version: ModelVersion) => Promise<readonly FolderFile[] | undefined>
}

export interface SignatureDeps {
  readonly audit: AuditLog
  readonly clock: Clock
  readonly signing?: Signing | undefined
}

/** Detached signatures: that a version, and the file that is loaded, are what somebody signed. */
export class Signatures {
  readonly #deps: SignatureDeps

  constructor(deps: SignatureDeps) {
    this.#deps = deps
  }

  /** Signs a version whose files are whole. @throws UNSUPPORTED where none are kept, CONFLICT for changed ones */
  async sign(tx: Tx, actor: Actor, version: ModelVersion): Promise<BundleSignature> {
    const { signing, audit, clock } = this.#deps
    if (!signing) throw new KaizenError('UNSUPPORTED', 'this registry has no key to sign with')
    const content = await this.#content(version)
    if (content === undefined) {
      throw new KaizenError(
        'UNSUPPORTED',
        `${nameOf(version)} holds neither an ONNX file nor a model folder to sign`,
        {
          hint: 'Only what is kept here can be signed; upload an ONNX file or log the model with MLflow.',
        },
      )
    }
    const changed = await contentChange(signing, content)
    if (changed !== null) {
      throw new KaizenError('CONFLICT', `${nameOf(version)} is not signed: ${changed}`)
    }
    const signature = signBundle(bundleDigestOf(version, content.folder), await signing.key(), {
      by: actor.name,
      at: clock.now(),
    })
    await store.putSignature(tx, version, signature)
    const { bundleDigest, keyId } = signature
    await audit.append(tx, {
      actor,
      type: 'registry.version.signed',
      subject: `model:${version.name}`,
      data: { version: version.version, bundleDigest, keyId, signature: signature.signature },
    })
    return signature
  }

  /** Whether the record of a version is what was signed; its file is not read. */
  async record(reader: Reader, version: ModelVersion): Promise<SignatureVerdict> {
    const { signing } = this.#deps
    const signature = await store.findSignature(reader, version)
    if (!signature || !signing) {
      return {
        verified: false,
        state: 'unsigned',
        reason: 'nobody has signed it',
        signature: signature ?? null,
      }
    }
    const folder = (await this.#content(version))?.folder
    return verdictOf(version, signature, { key: await signing.key(), folder })
  }

  /** Whether a version, and the content that a runtime would load, are what was signed. */
  async verify(reader: Reader, version: ModelVersion): Promise<SignatureVerdict> {
    const verdict = await this.record(reader, version)
    const { signing } = this.#deps
    if (!verdict.verified || !signing) return verdict
    const content = await this.#content(version)
    const changed = content ? await contentChange(signing, content) : 'its files are gone'
    return changed === null
      ? verdict
      : { ...verdict, verified: false, state: 'file-changed', reason: changed }
  }

  /** Signs what was exported of a version that is what somebody signed; nothing else. */
  async signExport(
    reader: Reader,
    version: ModelVersion,
    digest: string,
  ): Promise<ExportSignature | undefined> {
    const { verified } = await this.verify(reader, version)
    const { signing } = this.#deps
    return verified && signing ? signExport(digest, await signing.key()) : undefined
  }

  /** The key that agents at the edge trust, SPKI in DER, base64. @throws CONFLICT for a version that is not signed */
  async trustedKey(reader: Reader, version: ModelVersion): Promise<string> {
    const { verified, reason } = await this.verify(reader, version)
    const { signing } = this.#deps
    if (verified && signing) return publicKeyText(createPublicKey(await signing.key()))
    throw new KaizenError(
      'CONFLICT',
      `agents take signed versions only; ${nameOf(version)}: ${reason}`,
      {
        hint: `Sign it: kaizen models sign ${version.name} ${version.version}`,
      },
    )
  }

  /** A route keeps the folder as it was when it was made. */
  async #expectServed(version: ModelVersion, served: string): Promise<void> {
    const content = await this.#content(version)
    if ((content?.folder ?? content?.files[0]?.digest) === served) return
    throw new KaizenError(
      'FORBIDDEN',
      `${nameOf(version)} may not be served: its files are not those that were routed to`,
      { hint: 'Set the route again, so that it takes the files that are signed.' },
    )
  }

  async #content(version: ModelVersion): Promise<Content | undefined> {
    const { modelDigest } = version
    if (modelDigest !== null) return { files: [{ path: 'model.onnx', digest: modelDigest }] }
    const files = await this.#deps.signing?.filesOf?.(version)
    return files && { files, folder: sha256(packFolder(files)) }
  }

  /**
   * @param served digest of what would be loaded
   * @throws FORBIDDEN where the policy of the model asks for a signature and there is none that verifies
   */
  async admit(reader: Reader, version: ModelVersion, served: string): Promise<void> {
    const { requireSignature } = await readPolicy(reader, version.modelNumber)
    if (!requireSignature) return
    const { verified, state, reason } = await this.verify(reader, version)
    if (verified) return this.#expectServed(version, served)
    throw new KaizenError('FORBIDDEN', `${nameOf(version)} may not be served: ${reason}`, {
      hint:
        state === 'unsigned' || state === 'unknown-key'
          ? `Sign it: kaizen models sign ${version.name} ${version.version}`
          : 'Register the model again, from where it came.',
      details: { state },
    })
  }

  delete(tx: Tx, model: RegisteredModel): Promise<void> {
    return store.deleteSignatures(tx, model.number)
  }
}

const nameOf = ({ name, version }: ModelVersion): string => `version ${version} of "${name}"`

/** What a runtime loads of a version. */
interface Content {
  readonly files: readonly FolderFile[]
  /** SHA-256 of the packed folder, where it is one. */
  readonly folder?: string
}

/** In words, how a file that a runtime would load differs from its digest; null when none does. */
async function contentChange(signing: Signing, { files, folder }: Content): Promise<string | null> {
  for (const { path, digest } of files) {
    const what = folder === undefined ? 'its file' : `its file ${path}`
    const found = await digestNow(signing, digest)
    if (found === digest) continue
    if (found === null) return `${what} is gone`
    return `${what} is not the one that was registered (SHA-256 ${found.slice(0, 12)} in place of ${digest.slice(0, 12)})`
  }
  return null
}

/** SHA-256 of a blob as it lies there now; null when it is gone. */
async function digestNow({ blobs }: Signing, digest: string): Promise<string | null> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(await blobs.localPath(digest)), hash)
  } catch (failure) {
    const { code } = failure as { readonly code?: unknown }
    if (code === 'NOT_FOUND' || code === 'ENOENT') return null
    throw failure
  }
  return hash.digest('hex')
}
