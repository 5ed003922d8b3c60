import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Received {
  /** The id of the delivery, by which receivers know one that comes again. */
  readonly id: string
  /** How many servers had died before it came. */
  readonly life: number
  readonly data: Readonly<Record<'name' | 'version', string>>
}

/** Takes what webhooks send, and notes in which life of the server it came. */
export async function deliveryReceiver() {
  const received: Received[] = []
  let life = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { data } = JSON.parse(body) as Pick<Received, 'data'>
    received.push({ id: String(request.headers['x-mlflow-delivery-id']), life, data })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: received as readonly Received[],
    /** Called when the server has died; what it had sent by then is read first. */
    async nextLife(): Promise<void> {
      await sleep(200)
      life += 1
    },
    /** Deliveries that came twice although the server that sent them was alive to know. */
    twiceInOneLife(): readonly string[] {
      const seen = received.map(({ id, life: of }) => `${id} in life ${of}`)
      return seen.filter((one, index) => seen.indexOf(one) !== index)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
