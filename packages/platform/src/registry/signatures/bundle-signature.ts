import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { BundleSignature, ModelVersionView, SignatureVerdict } from '@kaizen/contracts'
import { digestOf, sha256 } from '../../kernel/index.ts'

const format = 'kaizen-bundle/1'

/**
 * Digest of what a version is for good; aliases, tags, description and the name of its model may change.
 * @param folder SHA-256 of the packed folder of a version that has no ONNX file
 */
export const bundleDigestOf = (version: ModelVersionView, folder?: string): string =>
  digestOf({
    format,
    version: version.version,
    ...(folder === undefined
      ? { file: { sha256: version.modelDigest, bytes: version.modelSizeBytes } }
      : { folder: { sha256: folder } }),
    signature: version.signature,
    source: version.source,
    runId: version.runId,
    lineage: version.lineage,
    createdAt: version.createdAt,
    createdBy: version.createdBy,
  })

const messageOf = (bundleDigest: string): Buffer => Buffer.from(`${format} ${bundleDigest}`)
const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
const keyIdOf = (key: KeyObject): string => sha256(derOf(key))

/** Ed25519 (RFC 8032) over a bundle's digest. */
export function signBundle(
  bundleDigest: string,
  key: KeyObject,
  { by, at }: Pick<BundleSignature, 'by' | 'at'>,
): BundleSignature {
  const publicKey = createPublicKey(key)
  return {
    bundleDigest,
    keyId: keyIdOf(publicKey),
    publicKey: publicKeyText(publicKey),
    signature: sign(null, messageOf(bundleDigest), key).toString('base64'),
    by,
    at,
  }
}

export interface Trust {
  readonly key: KeyObject
  /** SHA-256 of the packed folder of a version that has no ONNX file. */
  readonly folder?: string | undefined
}

/**
 * Whether a version is what was signed with the key that is trusted. The public key beside a signature only names it:
 * whoever could change the record could change that too.
 */
export function verdictOf(
  version: ModelVersionView,
  signature: BundleSignature | undefined,
  { key: trusted, folder }: Trust,
): SignatureVerdict {
  const verdict = (state: SignatureVerdict['state'], reason: string): SignatureVerdict => ({
    verified: state === 'verified',
    state,
    reason,
    signature: signature ?? null,
  })
  if (!signature) return verdict('unsigned', 'nobody has signed it')
  const publicKey = createPublicKey(trusted)
  const trustedId = keyIdOf(publicKey)
  if (signature.keyId !== trustedId) {
    return verdict(
      'unknown-key',
      `it was signed with the key ${short(signature.keyId)}, and this server trusts ${short(trustedId)}`,
    )
  }
  const signed = Buffer.from(signature.signature, 'base64')
  if (!verify(null, messageOf(signature.bundleDigest), publicKey, signed)) {
    return verdict('wrong-signature', 'the signature is not of this digest and key')
  }
  if (signature.bundleDigest !== bundleDigestOf(version, folder)) {
    return verdict('bundle-changed', 'its record is not what was signed')
  }
  return verdict('verified', `signed by ${signature.by} with the key ${short(trustedId)}`)
}

const exportFormat = 'kaizen-export/1'

/** A detached signature of an exported bundle, over the digest of its list of checksums. */
export interface ExportSignature {
  readonly format: typeof exportFormat
  /** SHA-256 of SHA256SUMS. */
  readonly digest: string
  readonly keyId: string
  /** SPKI in DER, base64. */
  readonly publicKey: string
  /** Ed25519 over the text `kaizen-export/1 DIGEST`, base64. */
  readonly signature: string
}

export function signExport(digest: string, key: KeyObject): ExportSignature {
  const publicKey = createPublicKey(key)
  return {
    format: exportFormat,
    digest,
    keyId: keyIdOf(publicKey),
    publicKey: publicKeyText(publicKey),
    signature: sign(null, Buffer.from(`${exportFormat} ${digest}`), key).toString('base64'),
  }
}

export const publicKeyText = (key: KeyObject): string => derOf(key).toString('base64')

const short = (digest: string): string => digest.slice(0, 12)
