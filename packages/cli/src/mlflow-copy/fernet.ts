import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * What a Fernet token holds: 0x80, eight bytes of time, an IV, AES-128-CBC, HMAC-SHA256 over all of it
 * (github.com/fernet/spec). Nothing for a token of another key, or a key that is none.
 */
export function openFernet(key: string, token: string): string | undefined {
  const secret = Buffer.from(key, 'base64url')
  const bytes = Buffer.from(token, 'base64url')
  if (secret.length !== 32 || bytes.length < 73 || bytes[0] !== 0x80) return undefined
  const signed = bytes.subarray(0, -32)
  const mac = createHmac('sha256', secret.subarray(0, 16)).update(signed).digest()
  if (!timingSafeEqual(mac, bytes.subarray(-32))) return undefined
  const decipher = createDecipheriv('aes-128-cbc', secret.subarray(16), signed.subarray(9, 25))
  return Buffer.concat([decipher.update(signed.subarray(25)), decipher.final()]).toString()
}
