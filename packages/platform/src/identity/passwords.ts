import { createHmac, randomBytes } from 'node:crypto'
import { isWerkzeugHash, matchesWerkzeugHash } from './werkzeug-password.ts'

/** Argon2id as OWASP recommends it: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** The native library is loaded by the first password: a server without accounts never needs it. */
const argon2 = () => import('@node-rs/argon2')

export const hashPassword = async (password: string): Promise<string> =>
  (await argon2()).hash(password, cost)

const remembered = 10_000

/**
 * Verifies passwords off the event loop. MLflow's clients send name and password with every request, so a pair that
 * was right is remembered, by a keyed digest, for as long as the stored hash stays the same.
 */
export class PasswordCheck {
  readonly #key = randomBytes(32)
  readonly #right = new Map<string, string>()
  #decoy: Promise<string> | undefined

  /** Unknown users take as long as known ones: an absent hash is compared too, and never right. */
  async matches(
    username: string,
    password: string,
    storedHash: string | null | undefined,
  ): Promise<boolean> {
    const pair = createHmac('sha256', this.#key)
      .update(JSON.stringify([username, password]))
      .digest('hex')
    if (storedHash && this.#right.get(pair) === storedHash) return true
    this.#decoy ??= hashPassword(randomBytes(16).toString('hex'))
    const right =
      storedHash && isWerkzeugHash(storedHash)
        ? await matchesWerkzeugHash(storedHash, password)
        : await (await argon2()).verify(storedHash || (await this.#decoy), password)
    if (!storedHash || !right) return false
    if (this.#right.size >= remembered) {
      const [oldest] = this.#right.keys()
      if (oldest !== undefined) this.#right.delete(oldest)
    }
    this.#right.set(pair, storedHash)
    return true
  }
}
