/** The model of this bundle as a function of AWS Lambda: events of API Gateway and function URLs, or a bare request. */
import { answer, infer, Refusal } from './protocol.js'

const send = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Method and path of an event, of either payload format; undefined for an event that is not of HTTP. */
function callOf(event) {
  const http = event?.requestContext?.http
  if (http) {
    const { stage } = event.requestContext
    const prefix = stage && stage !== '$default' ? `/${stage}` : ''
    const path = event.rawPath.startsWith(`${prefix}/`)
      ? event.rawPath.slice(prefix.length)
      : event.rawPath
    // What is escaped in a model's name comes unescaped in this format.
    return { method: http.method, path: encodeURI(decodeURI(path)) }
  }
  if (event?.httpMethod === undefined) return undefined
  return { method: event.httpMethod, path: encodeURI(decodeURI(event.path)) }
}

function textOf({ body, isBase64Encoded }) {
  if (typeof body !== 'string') return ''
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
}

export async function handler(event) {
  try {
    const call = callOf(event)
    if (call === undefined) return await infer(event)
    return send(200, await answer(call.method, call.path, () => textOf(event)))
  } catch (failure) {
    // Who calls the function itself sees its errors; who calls it over HTTP gets an answer.
    if (callOf(event) === undefined) throw failure
    if (failure instanceof Refusal) return send(failure.status, { error: failure.message })
    console.error(failure)
    return send(500, { error: 'an error of the function' })
  }
}
