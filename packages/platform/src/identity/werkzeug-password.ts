import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** A password's hash as MLflow's basic-auth application keeps it: `method:settings$salt$digest in hexadecimal`. */
interface WerkzeugHash {
  readonly salt: string
  readonly digest: Buffer
  derive(password: string, salt: string, length: number): Promise<Buffer>
}

const pbkdf2Of = promisify(pbkdf2)
const digestBytes: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }
/** Far above what MLflow has written; a hash that costs more is none that a login should pay for. */
const limits = { iterations: 5_000_000, scryptBytes: 128 * 1024 * 1024 }

export const isWerkzeugHash = (text: string): boolean => parse(text) !== undefined

/** False for what is no such hash. */
export async function matchesWerkzeugHash(text: string, password: string): Promise<boolean> {
  const hash = parse(text)
  if (!hash) return false
  return timingSafeEqual(await hash.derive(password, hash.salt, hash.digest.length), hash.digest)
}

function parse(text: string): WerkzeugHash | undefined {
  const [, method = '', salt = '', hex = ''] =
    /^([a-z0-9:]{1,60})\$([!-#%-~]{1,128})\$([0-9a-f]{40,128})$/.exec(text) ?? []
  const digest = Buffer.from(hex, 'hex')
  const [name, ...settings] = method.split(':')
  const derive =
    name === 'scrypt'
      ? scryptBy(settings, digest.length)
      : name === 'pbkdf2'
        ? pbkdf2By(settings, digest.length)
        : undefined
  return derive && { salt, digest, derive }
}

function scryptBy(settings: readonly string[], length: number): WerkzeugHash['derive'] | undefined {
  if (settings.length !== 3 || !settings.every(isCount) || length !== 64) return undefined
  const [cost = 0, blockSize = 0, parallelization = 0] = settings.map(Number)
  const isPower = cost > 1 && Number.isInteger(Math.log2(cost))
  if (!isPower || parallelization > 16 || 128 * cost * blockSize > limits.scryptBytes)
    return undefined
  const options = { cost, blockSize, parallelization, maxmem: 2 * limits.scryptBytes }
  return (password, salt, bytes) =>
    new Promise((resolve, reject) => {
      scrypt(password, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)))
    })
}

function pbkdf2By(settings: readonly string[], length: number): WerkzeugHash['derive'] | undefined {
  const [digest = '', rounds = '', ...more] = settings
  const iterations = Number(rounds)
  if (more.length > 0 || !isCount(rounds) || iterations > limits.iterations) return undefined
  if (!Object.hasOwn(digestBytes, digest) || digestBytes[digest] !== length) return undefined
  return (password, salt, bytes) => pbkdf2Of(password, salt, iterations, bytes, digest)
}

const isCount = (text: string): boolean => /^[1-9]\d{0,9}$/.test(text)
