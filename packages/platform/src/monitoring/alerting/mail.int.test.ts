import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { channelTarget } from '@kaizen/contracts'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Telling } from './messages.ts'
import type { ChannelTarget } from './model.ts'
import { Sender } from './send.ts'

const password = 'p4ss word of some length'

interface Letter {
  readonly text: string
  readonly isSecure: boolean
  readonly user: string | undefined
}

/** A server of SMTP as others run it: it knows one user, and keeps what it is sent. */
class MailServer implements AsyncDisposable {
  readonly letters: Letter[] = []
  readonly passwords: string[] = []
  readonly #server: SMTPServer

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      ...options,
      disableReverseLookup: true,
      closeTimeout: 100,
      onAuth: ({ username, password: told }, _session, answer) => {
        this.passwords.push(told ?? '')
        if (username === 'kaizen' && told === password) answer(null, { user: username })
        else answer(new Error('no such user'))
      },
      onData: (stream, { secure, user }, taken) => {
        void stream.toArray().then((chunks) => {
          const text = Buffer.concat(chunks).toString('utf8')
          this.letters.push({ text, isSecure: secure, user: user as string | undefined })
          taken()
        })
      },
    })
    this.#server.on('error', () => undefined)
  }

  static async open(options: SMTPServerOptions): Promise<MailServer> {
    const server = new MailServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', () => resolve()))
    return server
  }

  channel(changes: object = {}): ChannelTarget {
    const { port } = this.#server.server.address() as AddressInfo
    const from = 'kaizen@example.org'
    const user = { user: 'kaizen', secret: password }
    return channelTarget.parse({
      kind: 'email',
      host: 'localhost',
      port,
      from,
      to: ['ops@example.org'],
      ...user,
      ...changes,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

const telling: Telling = {
  event: 'opened',
  at: 0,
  id: 'x',
  alert: {
    id: 'a',
    monitor: 'bike-watch',
    rule: 'r',
    metric: 'drift:temp:psi',
    severity: 'critical',
    state: 'open',
    message: 'drift:temp:psi is 3, above 0.2: Météo',
    value: 3,
    threshold: 0.2,
    note: '',
    acknowledgedBy: null,
    assignee: null,
    comments: 0,
    openedAt: 0,
    resolvedAt: null,
    windowFrom: 0,
    windowTo: 3_600_000,
  },
}

let folder: string
let own: { readonly key: Buffer; readonly cert: Buffer }
let foreign: { readonly key: Buffer; readonly cert: Buffer }
const usual = getCACertificates('default')
const sender = new Sender({ allowInner: true })

async function certificateOf(name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.cert`)]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const files = ['-out', cert, '-keyout', key]
  execFileSync('openssl', ['req', ...kind, '-days', '2', ...subject, ...files], { stdio: 'ignore' })
  return { key: await readFile(key), cert: await readFile(cert) }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-mail-'))
  own = await certificateOf('localhost')
  foreign = await certificateOf('mail.example.org')
  setDefaultCACertificates([...usual, own.cert.toString(), foreign.cert.toString()])
})
afterAll(async () => {
  setDefaultCACertificates(usual)
  await rm(folder, { recursive: true })
})

const opened: MailServer[] = []
const open = async (options: SMTPServerOptions): Promise<MailServer> => {
  const server = await MailServer.open(options)
  opened.push(server)
  return server
}
afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]()
})

it.each([
  ['STARTTLS', false],
  ['TLS from the first byte', true],
])('a mail goes by %s to a server that asks for a user and a password', async (_, secure) => {
  const server = await open({ ...own, secure })
  await sender.send(server.channel({ secure }), telling)
  const [letter, ...others] = server.letters
  expect(others).toEqual([])
  expect(letter).toMatchObject({ isSecure: true, user: 'kaizen' })
  expect(letter?.text).toContain('Subject: [Kaizen] critical: bike-watch r opened')
  expect(letter?.text).toContain('To: ops@example.org')
})

it.each([
  ['of another name, by STARTTLS', false, () => foreign],
  ['of another name, by TLS', true, () => foreign],
])('a certificate %s is refused before the password is told', async (_, secure, certificate) => {
  const server = await open({ ...certificate(), secure })
  const sent = sender.send(server.channel({ secure }), telling)
  await expect(sent).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect([server.letters, server.passwords]).toEqual([[], []])
})

it('a certificate that nobody vouches for is refused, with a user and without', async () => {
  setDefaultCACertificates(usual)
  try {
    const server = await open({ ...own, secure: false, authOptional: true })
    for (const changes of [{}, { user: undefined, secret: undefined }]) {
      const sent = sender.send(server.channel(changes), telling)
      await expect(sent).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
    expect([server.letters, server.passwords]).toEqual([[], []])
  } finally {
    setDefaultCACertificates([...usual, own.cert.toString(), foreign.cert.toString()])
  }
})

it('a password is not told to a server without TLS, as one in between may play it', async () => {
  const server = await open({ hideSTARTTLS: true, allowInsecureAuth: true })
  const sent = sender.send(server.channel(), telling)
  await expect(sent).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect([server.letters, server.passwords]).toEqual([[], []])
})

it('a relay that asks for no user is sent mail without TLS where it has none', async () => {
  const server = await open({ hideSTARTTLS: true, authOptional: true })
  await sender.send(server.channel({ user: undefined, secret: undefined }), telling)
  expect(server.letters).toMatchObject([{ isSecure: false, user: undefined }])
})

it('a wrong password is a failure that does not repeat it', async () => {
  const server = await open({ ...own, secure: true })
  const channel = server.channel({ secure: true, secret: 'not the passw0rd' })
  const failure = await sender.send(channel, telling).catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: 'localhost: EAUTH' })
  expect(JSON.stringify(failure)).not.toContain('passw0rd')
  expect([server.letters, server.passwords]).toEqual([[], ['not the passw0rd']])
})
