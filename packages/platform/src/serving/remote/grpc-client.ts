import { createSecureContext } from 'node:tls'
import grpc from '@grpc/grpc-js'
import { KaizenError } from '@kaizen/contracts'
import { resolveTarget } from '../../http/index.ts'
import { definitionOf, serviceOf } from '../grpc/definition.ts'
import { mostAnswerBytes, type RemoteClientOptions, remedy } from './remote-client.ts'

const service = serviceOf(
  definitionOf('../grpc/open-inference.proto'),
  'inference.GRPCInferenceService',
)

type Failure = Partial<grpc.ServiceError>

/** Statuses that say something about the request and not about the server. */
const refusals: ReadonlySet<grpc.status | undefined> = new Set([
  grpc.status.INVALID_ARGUMENT,
  grpc.status.FAILED_PRECONDITION,
  grpc.status.OUT_OF_RANGE,
  grpc.status.NOT_FOUND,
  grpc.status.UNIMPLEMENTED,
])

/**
 * Asks one other server over a connection that is kept, to an address that was just checked; where it is lost, the name
 * is looked up and checked anew. Requests are sent once, with a deadline.
 */
export class GrpcClient {
  readonly #url: URL
  readonly #options: RemoteClientOptions
  #client: Promise<grpc.Client> | undefined

  constructor(url: URL, options: RemoteClientOptions) {
    this.#url = url
    this.#options = options
  }

  get host(): string {
    return this.#url.host
  }

  /** @throws INVALID_TENSOR for what the server refuses, TIMEOUT, UNAVAILABLE; INVALID_REQUEST for an address that may not be asked */
  async ask<Answer>(method: string, request: object): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = service[method]!
    const client = await this.#connected()
    const deadline = Date.now() + this.#options.timeoutMs
    return new Promise<Answer>((resolve, reject) => {
      const done = (failure: grpc.ServiceError | null, answer?: Answer): void => {
        if (failure?.code === grpc.status.UNAVAILABLE) this.#drop(client)
        if (failure) reject(this.#explained(failure))
        else resolve(answer!)
      }
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new grpc.Metadata(),
        { deadline },
        done,
      )
    })
  }

  close(): void {
    void this.#client?.then((client) => client.close()).catch(() => undefined)
    this.#client = undefined
  }

  #connected(): Promise<grpc.Client> {
    this.#client ??= this.#connect().catch((failure: unknown) => {
      this.#client = undefined
      throw failure
    })
    return this.#client
  }

  async #connect(): Promise<grpc.Client> {
    const { allowPrivate, remedy: hint = remedy } = this.#options
    const { hostname, protocol, port } = this.#url
    const { address, family } = await resolveTarget(hostname, { allowPrivate, hint })
    const isSecure = protocol === 'https:'
    const at = `${family === 6 ? `[${address}]` : address}:${port || (isSecure ? 443 : 80)}`
    // The same authorities count as for https.
    const credentials = isSecure
      ? grpc.credentials.createFromSecureContext(createSecureContext())
      : grpc.credentials.createInsecure()
    return new grpc.Client(`ipv${family}:${at}`, credentials, {
      'grpc.default_authority': this.#url.host,
      'grpc.ssl_target_name_override': hostname.replace(/^\[|\]$/g, ''),
      'grpc.max_receive_message_length': this.#options.mostAnswerBytes ?? mostAnswerBytes,
      'grpc.max_send_message_length': -1,
      // Neither a proxy nor what a name server says may lead elsewhere.
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      // A connection of its own: one that another has given up on is not waited for.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.primary_user_agent': 'kaizen',
    })
  }

  #drop(client: grpc.Client): void {
    void this.#client?.then((current) => {
      if (current !== client) return
      this.#client = undefined
      client.close()
    })
  }

  #explained(failure: Failure): KaizenError {
    const { code, details = '' } = failure
    const words = details.slice(0, 500)
    if (code === grpc.status.DEADLINE_EXCEEDED) {
      const text = `the server ${this.host} did not answer within ${this.#options.timeoutMs} ms`
      return new KaizenError('TIMEOUT', text, { cause: failure })
    }
    if (code === grpc.status.NOT_FOUND) {
      return new KaizenError('NOT_FOUND', `the server ${this.host} has no such model: ${words}`, {
        cause: failure,
      })
    }
    if (refusals.has(code)) {
      return new KaizenError('INVALID_TENSOR', `the server ${this.host} refuses it: ${words}`, {
        cause: failure,
      })
    }
    return new KaizenError('UNAVAILABLE', `the server ${this.host} is not reached: ${words}`, {
      hint: 'See whether it runs, then send the request again.',
      cause: failure,
    })
  }
}
