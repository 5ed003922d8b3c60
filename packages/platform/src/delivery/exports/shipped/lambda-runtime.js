/** Asks the runtime interface of AWS Lambda for events and answers them, for images that bring a Node of their own. */
import { handler } from './handler.js'

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const post = (path, body) => fetch(`${api}${path}`, { method: 'POST', body: JSON.stringify(body) })

for (;;) {
  const next = await fetch(`${api}/invocation/next`)
  const id = next.headers.get('lambda-runtime-aws-request-id')
  try {
    await post(`/invocation/${id}/response`, await handler(await next.json()))
  } catch (failure) {
    await post(`/invocation/${id}/error`, {
      errorType: failure.constructor.name,
      errorMessage: failure.message,
    })
  }
}
