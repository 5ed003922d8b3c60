import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KaizenError } from '@kaizen/contracts'

/** Seals small secrets for the database: AES-256-GCM, as `v1.<nonce>.<tag>.<text>` in base64url. */
export class SecretBox {
  readonly #key: Uint8Array

  /** `key` has 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  seal(secret: string): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return [
      'v1',
      ...[nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url')),
    ].join('.')
  }

  /** @throws UNAVAILABLE when it was sealed with another key */
  open(sealed: string): string {
    const [, nonce = '', tag = '', text = ''] = sealed.split('.')
    try {
      const cipher = createDecipheriv('aes-256-gcm', this.#key, Buffer.from(nonce, 'base64url'))
      cipher.setAuthTag(Buffer.from(tag, 'base64url'))
      return Buffer.concat([
        cipher.update(Buffer.from(text, 'base64url')),
        cipher.final(),
      ]).toString()
    } catch (cause) {
      throw new KaizenError('UNAVAILABLE', 'a secret was sealed with another key', {
        hint: 'Give all servers of a database the same KAIZEN_SECRET_KEY.',
        cause,
      })
    }
  }
}
