import { errorCatalogue } from '@kaizen/contracts'
import { hostileTexts } from './mutations.ts'
import type { WireAnswer, WireRequest } from './wire.ts'

/** What no answer may hold: how the program is built and where it stands. */
const leaks: readonly (readonly [string, RegExp])[] = [
  ['a stack trace', /\n\s+at |\bnode:internal|\.ts:\d+/],
  ['a path of the machine', /\/(tmp|home|root|var|usr|node_modules|packages)\//],
  ['SQL', /\bselect\s.+\sfrom\s|insert\s+into\s|read_(csv|parquet)\(|SQLITE_|constraint failed/i],
  ['the words of an engine', /Binder Error|Catalog Error|IO Error:|ZodError|\bort\.|onnxruntime::/],
]

/** Answered before any route was found: in the server's own shape, or in that of the protocol that owns the path. */
const beforeAnyRoute = /"ROUTE_NOT_FOUND"|the URL cannot be read|URL and headers together/

/** Whether an answer has the error shape of the protocol that its path belongs to. */
function isErrorOf(path: string, text: string): boolean {
  const body = parsed(text)
  if (typeof body !== 'object' || body === null) return false
  const { error, error_code: mlflowCode, message } = body as Readonly<Record<string, unknown>>
  const { code, message: words } = (error ?? {}) as Readonly<Record<string, unknown>>
  const own = typeof code === 'string' && code in errorCatalogue && Boolean(words)
  const [route = ''] = path.split('?')
  if (own && beforeAnyRoute.test(text)) return true
  if (/^\/(ajax-)?api\/[23]\.0\/?mlflow|^\/v1\/traces$|\/get-artifact$|\/invocations$/.test(route))
    return typeof mlflowCode === 'string' && typeof message === 'string'
  if (route.startsWith('/v2')) return typeof error === 'string' && error.length > 0
  return own
}

/** Everything that is wrong with an answer to bad input, in words; empty when it is a good one. */
export function faultsOf(sent: WireRequest, answer: WireAnswer): readonly string[] {
  const faults: string[] = []
  const { status, text } = answer
  // Not supported, or not now: said on purpose.
  if (status >= 500 && status !== 501 && status !== 503) faults.push(`status ${status}`)
  if (sent.refused && status < 400) faults.push(`accepted with ${status}`)
  if (status >= 400 && sent.method !== 'HEAD' && !isErrorOf(sent.path, text))
    faults.push('not the error shape of its protocol')
  if (status >= 400) {
    const own = hostileTexts.reduce((rest, hostile) => rest.replaceAll(hostile || '\0', '…'), text)
    for (const [what, pattern] of leaks) if (pattern.test(own)) faults.push(`tells ${what}`)
  }
  if (faults.length === 0) return []
  return [
    `${sent.method} ${sent.path.slice(0, 120)} (${sent.what}): ${faults.join(', ')} — ${status} ${text.slice(0, 300)}`,
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
