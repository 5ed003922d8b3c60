import type { Socket } from 'node:net'
import { KaizenError } from '@kaizen/contracts'
import { kaizenErrors } from './surface.ts'

interface Refusal {
  readonly status: string
  readonly error: KaizenError
}

/**
 * Answers bytes that are no HTTP request, as Node's server hands them over: there is no request yet, so the answer is
 * written to the socket, which is then closed.
 */
export function answerBrokenRequest(failure: NodeJS.ErrnoException, socket: Socket): void {
  if (failure.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { status, error } = refusalOf(failure)
  const body = JSON.stringify(kaizenErrors(error, 'none').body)
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: '431 Request Header Fields Too Large',
        error: new KaizenError('TOO_LARGE', 'the URL and headers together are too large', {
          hint: 'Keep them under 16 KiB; what is long belongs into a body.',
        }),
      }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: '408 Request Timeout',
        error: new KaizenError('TIMEOUT', 'the request did not arrive whole in time'),
      }
    default:
      return {
        status: '400 Bad Request',
        error: new KaizenError('INVALID_REQUEST', 'what arrived is not an HTTP/1.1 request'),
      }
  }
}
