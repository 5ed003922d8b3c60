import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type BundleSignature, KaizenError, type SignatureVerdict } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { Actor, Clock } from '../kernel/index.ts'
import type { BlobStore, Reader, Tx } from '../storage/index.ts'
import { readPolicy } from './approvals.store.ts'
import { bundleDigestOf, signBundle, verdictOf } from './bundle-signature.ts'
import type { ModelVersion, RegisteredModel } from './model.ts'
import * as store from './signatures.store.ts'
import type { SigningKey } from './signing-key.ts'

/** What signing needs; a registry without it signs nothing and lets nothing in where a policy asks for a signature. */
export interface Signing {
  readonly blobs: Pick<BlobStore, 'localPath'>
  readonly key: SigningKey
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

  /** Signs a version whose file is whole. @throws UNSUPPORTED without a file, CONFLICT for a changed one */
  async sign(tx: Tx, actor: Actor, version: ModelVersion): Promise<BundleSignature> {
    const { signing, audit, clock } = this.#deps
    if (!signing) throw new KaizenError('UNSUPPORTED', 'this registry has no key to sign with')
    if (version.modelDigest === null) {
      throw new KaizenError(
        'UNSUPPORTED',
        `version ${version.version} of "${version.name}" holds no ONNX file to sign`,
        { hint: 'Only what can be served is signed; register an ONNX file.' },
      )
    }
    const changed = await fileChange(signing, version.modelDigest)
    if (changed !== null) {
      throw new KaizenError('CONFLICT', `${nameOf(version)} is not signed: ${changed}`)
    }
    const signature = signBundle(bundleDigestOf(version), await signing.key(), {
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
    return verdictOf(version, signature, await signing.key())
  }

  /** Whether a version, and the file that a runtime would load, are what was signed. */
  async verify(reader: Reader, version: ModelVersion): Promise<SignatureVerdict> {
    const verdict = await this.record(reader, version)
    const { signing } = this.#deps
    if (!verdict.verified || !signing || version.modelDigest === null) return verdict
    const changed = await fileChange(signing, version.modelDigest)
    return changed === null
      ? verdict
      : { ...verdict, verified: false, state: 'file-changed', reason: changed }
  }

  /** @throws FORBIDDEN where the policy of the model asks for a signature and there is none that verifies */
  async admit(reader: Reader, version: ModelVersion): Promise<void> {
    const { requireSignature } = await readPolicy(reader, version.modelNumber)
    if (!requireSignature) return
    const { verified, state, reason } = await this.verify(reader, version)
    if (verified) return
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

/** In words, how the file that a runtime would load differs from its digest; null when it does not. */
async function fileChange({ blobs }: Signing, digest: string): Promise<string | null> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(await blobs.localPath(digest)), hash)
  } catch (failure) {
    const { code } = failure as { readonly code?: unknown }
    if (code === 'NOT_FOUND' || code === 'ENOENT') return 'its file is gone'
    throw failure
  }
  const found = hash.digest('hex')
  return found === digest
    ? null
    : `its file is not the one that was registered (SHA-256 ${found.slice(0, 12)} in place of ${digest.slice(0, 12)})`
}
