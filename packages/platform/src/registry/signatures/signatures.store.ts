import type { BundleSignature } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface SignatureTables {
  model_version_signature: {
    model_number: number
    version: number
    bundle_digest: string
    key_id: string
    public_key: string
    signature: string
    signed_by: string
    signed_at: number
  }
}
interface VersionKey {
  readonly modelNumber: number
  readonly version: number
}

export async function findSignature(
  reader: Reader,
  key: VersionKey,
): Promise<BundleSignature | undefined> {
  const row = await tables<SignatureTables>(reader)
    .selectFrom('model_version_signature')
    .selectAll()
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .executeTakeFirst()
  return (
    row && {
      bundleDigest: row.bundle_digest,
      keyId: row.key_id,
      publicKey: row.public_key,
      signature: row.signature,
      by: row.signed_by,
      at: row.signed_at,
    }
  )
}

/** A version has one signature; the newest takes the place of the one before. */
export async function putSignature(
  tx: Tx,
  key: VersionKey,
  signature: BundleSignature,
): Promise<void> {
  const row = {
    bundle_digest: signature.bundleDigest,
    key_id: signature.keyId,
    public_key: signature.publicKey,
    signature: signature.signature,
    signed_by: signature.by,
    signed_at: signature.at,
  }
  await tables<SignatureTables>(tx)
    .insertInto('model_version_signature')
    .values({ model_number: key.modelNumber, version: key.version, ...row })
    .onConflict((conflict) => conflict.columns(['model_number', 'version']).doUpdateSet(row))
    .execute()
}

/** The signatures of a model go with it. */
export async function deleteSignatures(tx: Tx, modelNumber: number): Promise<void> {
  await tables<SignatureTables>(tx)
    .deleteFrom('model_version_signature')
    .where('model_number', '=', modelNumber)
    .execute()
}
