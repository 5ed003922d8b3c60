import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { digest, displayName, timestampMs } from './shared.ts'

/** A detached signature of a version: its file, inputs and outputs, and lineage. */
export const bundleSignature = z.object({
  /** SHA-256 of the canonical JSON of what the version is. */
  bundleDigest: digest,
  /** SHA-256 of the public key in DER. */
  keyId: digest,
  /** The public key, SPKI in DER, base64. */
  publicKey: z.string(),
  /** Ed25519 over the text `kaizen-bundle/1 DIGEST`, base64. */
  signature: z.string(),
  by: z.string(),
  at: timestampMs,
})
export type BundleSignature = z.output<typeof bundleSignature>

export const signatureStates = [
  'verified',
  'unsigned',
  'bundle-changed',
  'file-changed',
  'wrong-signature',
  'unknown-key',
] as const
export const signatureVerdict = z.object({
  verified: z.boolean(),
  state: z.enum(signatureStates),
  /** The state in words. */
  reason: z.string(),
  signature: bundleSignature.nullable(),
})
export type SignatureVerdict = z.output<typeof signatureVerdict>

const versionParams = z.strictObject({
  name: displayName,
  version: z.coerce.number().int().min(1),
})
const path = '/api/v1/models/:name/versions/:version/signature'

export const bundleSignaturesApi = {
  sign: endpoint({
    method: 'POST',
    path,
    summary: "Sign a version with the server's key",
    action: 'edit',
    params: versionParams,
    response: bundleSignature,
    status: 201,
  }),
  verify: endpoint({
    method: 'GET',
    path,
    summary: 'Whether a version is what was signed, its file read again',
    action: 'view',
    params: versionParams,
    response: signatureVerdict,
  }),
} as const
