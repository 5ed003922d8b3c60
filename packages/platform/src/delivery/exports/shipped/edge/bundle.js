/** Reads and checks what the registry sends: nothing of it is run before all of it is what somebody signed. */
import { createHash, createPublicKey, verify } from 'node:crypto'

const block = 512
const safePath = /^(?!\.\.?(?:\/|$))[\w@+. -]+(?:\/(?!\.\.?(?:\/|$))[\w@+. -]+)*$/
const sha256 = (content) => createHash('sha256').update(content).digest('hex')

/** The files of a ustar archive by path. @throws Error for a damaged one, or one that would write elsewhere */
export function readTar(bytes) {
  const files = new Map()
  let at = 0
  while (at + block <= bytes.length) {
    const header = bytes.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) return files
    const text = (from, length) =>
      header.toString('utf8', from, from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    const path = text(0, 100)
    if (!(at + block + size <= bytes.length)) break
    if (!safePath.test(path) || text(156, 1) !== '0' || files.has(path)) {
      throw new Error(`the archive holds ${JSON.stringify(path)}`)
    }
    files.set(path, bytes.subarray(at + block, at + block + size))
    at += block + Math.ceil(size / block) * block
  }
  throw new Error('the archive is cut off')
}

/**
 * Checks a bundle against its list, the list against its signature, and both against what was asked for.
 * @param files contents by path
 * @param wanted `{ publicKey, model, version }`; a version of undefined is any
 * @returns `{ digest, version }`
 * @throws Error that says what is wrong
 */
export function checkBundle(files, { publicKey, model, version }) {
  const sums = files.get('SHA256SUMS')
  const proof = files.get('SIGNATURE.json')
  if (sums === undefined || proof === undefined) throw new Error('the bundle is not signed')
  const digest = sha256(sums)
  const signed = JSON.parse(proof.toString())
  const key = createPublicKey({
    key: Buffer.from(publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const message = Buffer.from(`kaizen-export/1 ${digest}`)
  if (!verify(null, message, key, Buffer.from(String(signed.signature), 'base64'))) {
    throw new Error('the signature is not of this bundle and the trusted key')
  }
  const listed = new Map(
    sums
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  )
  for (const [path, sum] of listed) {
    const content = files.get(path)
    if (content === undefined || sha256(content) !== sum) throw new Error(`${path} is another file`)
  }
  for (const path of files.keys()) {
    if (!listed.has(path) && path !== 'SHA256SUMS' && path !== 'SIGNATURE.json') {
      throw new Error(`${path} is not listed`)
    }
  }
  const manifest = JSON.parse(files.get('manifest.json').toString())
  if (manifest.target !== 'node') throw new Error('the bundle is for something else')
  if (manifest.model.name !== model) throw new Error(`the bundle is of ${manifest.model.name}`)
  if (version !== undefined && manifest.model.version !== version) {
    throw new Error(`the bundle is of version ${manifest.model.version}`)
  }
  return { digest, version: manifest.model.version }
}
