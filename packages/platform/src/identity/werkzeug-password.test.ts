import { describe, expect, it } from 'vitest'
import { isWerkzeugHash, matchesWerkzeugHash } from './werkzeug-password.ts'

/** Written by werkzeug's own `generate_password_hash`. */
const written = [
  'scrypt:32768:8:1$b5068csCs62nqtZ2$2a2bb2565de9ff8bd20a0aeb3542231f64482ab9cbdaf8163da779ad00a2d86d0aa09cc8f84cbe4dbe3de25684102b9464fa7329b89b489a43b2b73435160fc6',
  'scrypt:1024:8:1$s6h7238Xm3vyJvY2$9f92ef55d0e61863fc2e996d68c9426444a54dee6e03561f857a26979991cbd69c582f186dd0d3527eefa266c057d91d3cc78cd4a587c1c2d72e093ff614b000',
  'pbkdf2:sha256:1000$0UqOmp96nc5H04Gh$bdd1ea3b77184a9f15e097948b25b7520068d49f470c37991c635bcd33f925be',
  'pbkdf2:sha512:1000$lejLZzfRo5jlNBXe$9cab16a3e44b15bd27f2dd959f1a78e2ee768a6112af258ebb836c6c59d0635ef711b733d744f36dd423488cae42819e9b088272d8b3d0d12197de5ddfabc5fd',
  'pbkdf2:sha1:1000$ivaW1jOANk5s63KO$a820c9d381592bc1e987346e44dc9cb76a94f228',
]
const pbkdf2 = written[2] ?? ''

describe('hashes of passwords that MLflow made', () => {
  it.each(written)('%s is of its password, and of no other', async (hash) => {
    expect(isWerkzeugHash(hash)).toBe(true)
    expect(await matchesWerkzeugHash(hash, 'correct horse bättery')).toBe(true)
    expect(await matchesWerkzeugHash(hash, 'correct horse battery')).toBe(false)
  })

  it.each([
    ['an older one without rounds', 'sha256$salt$9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'],
    ['a password in clear', 'plain$$correct horse bättery'],
    ['the digest of another method', pbkdf2.replace('sha256', 'sha512')],
    ['a digest cut short', pbkdf2.slice(0, -2)],
    ['rounds for an hour', pbkdf2.replace(':1000', ':999999999')],
    ['memory by the gigabyte', (written[0] ?? '').replace('32768:8', '33554432:8')],
    ['a cost that is no power of two', (written[1] ?? '').replace('1024', '1000')],
    ['settings that are no numbers', pbkdf2.replace(':1000', ':1e3')],
    ['what Kaizen makes', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g'],
    ['nothing', ''],
  ])('refused: %s', async (_, hash) => {
    expect(isWerkzeugHash(hash)).toBe(false)
    expect(await matchesWerkzeugHash(hash, 'correct horse bättery')).toBe(false)
  })
})
