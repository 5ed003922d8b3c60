import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { KaizenError } from '@kaizen/contracts'
import { askingModule, isPublicAddress } from '../../http/index.ts'
import {
  httpMessage,
  mailText,
  type ReportTelling,
  reportMail,
  type Telling,
  type WindowTelling,
} from './messages.ts'
import type { ChannelTarget } from './model.ts'

const timeoutMs = 10_000

export interface SenderOptions {
  /** Lets channels reach private addresses: for a chat or mail server of one's own network. */
  readonly allowInner: boolean
}

/** Tells alerts to the world outside. */
export class Sender {
  readonly #options: SenderOptions

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** @throws UNAVAILABLE when it was not taken, FORBIDDEN for an address of the inside; never with the target's secret */
  async send(
    target: ChannelTarget,
    telling: Telling | WindowTelling | ReportTelling,
  ): Promise<void> {
    if (target.kind === 'email') {
      if ('window' in telling) throw new KaizenError('UNSUPPORTED', 'windows are told to webhooks')
      return this.#mail(target, telling)
    }
    const { url, headers, body } = httpMessage(target, telling)
    const { hostname, protocol } = new URL(url)
    // The address that was checked is the one that is connected to: a name cannot change its mind in between.
    const address = await this.#addressOf(hostname)
    const { request } = await askingModule(protocol)
    await new Promise<void>((resolve, reject) => {
      const sent = request(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          timeout: timeoutMs,
          lookup: (_name, options, callback) =>
            options.all
              ? callback(null, [address])
              : callback(null, address.address, address.family),
        },
        (answer) => {
          answer.resume()
          const status = answer.statusCode ?? 0
          // A redirection is no answer: it could lead inside.
          if (status >= 200 && status < 300) resolve()
          else reject(refused(hostname, `answered with status ${status}`))
        },
      )
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
      sent.on('error', (failure) => reject(refused(hostname, codeOf(failure))))
      sent.end(body)
    })
  }

  async #mail(
    target: Extract<ChannelTarget, { kind: 'email' }>,
    telling: Telling | ReportTelling,
  ): Promise<void> {
    const { host, port, secure, user, secret, from, to } = target
    const { address } = await this.#addressOf(host)
    // Loaded by those who send mail: a start need not wait for it.
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({
      host: address,
      port,
      secure,
      // A password is told to nobody who could be anybody: who stands in between can take the offer of STARTTLS away.
      requireTLS: user !== undefined,
      // The certificate is that of the name, not of the address.
      ...(isIP(host) === 0 && { tls: { servername: host } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user !== undefined && { auth: { user, pass: secret ?? '' } }),
    })
    try {
      await transport.sendMail({
        from,
        to: [...to],
        ...('report' in telling ? reportMail(telling) : mailText(telling)),
      })
    } catch (failure) {
      throw refused(host, codeOf(failure))
    } finally {
      transport.close()
    }
  }

  async #addressOf(host: string): Promise<LookupAddress> {
    const bare = host.replace(/^\[(.*)\]$/, '$1')
    const family = isIP(bare)
    const found =
      family === 0 ? await lookup(bare, { all: true }).catch(() => []) : [{ address: bare, family }]
    const first = found[0]
    if (!first) throw refused(host, 'the name is not known')
    if (!this.#options.allowInner && !found.every(({ address }) => isPublicAddress(address))) {
      throw new KaizenError(
        'FORBIDDEN',
        `${host} is an address of this machine or a private network`,
        {
          hint: 'Start the server with --allow-private-channels to let channels reach it.',
        },
      )
    }
    return first
  }
}

/** Names the host and no more: the path of an address may be its secret. */
const refused = (host: string, why: string): KaizenError =>
  new KaizenError('UNAVAILABLE', `${host}: ${why}`)

const codeOf = (failure: unknown): string => {
  const { code, message } = failure as { readonly code?: unknown; readonly message?: unknown }
  if (typeof code === 'string') return code
  return typeof message === 'string' && message.startsWith('no answer')
    ? message
    : 'the connection failed'
}
