import { setTimeout as sleep } from 'node:timers/promises'
import { plainFetch } from './plain-fetch.ts'
import type { ServerProcess } from './server-process.ts'

const attempts = 50
const pauseMs = 50

/**
 * `fetch` that outlives the server: a request that got no answer is sent again, unchanged, once the server is back.
 * So each request must be one that may arrive twice.
 */
export function reliableFetch(server: ServerProcess): typeof fetch {
  return async (input, init) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await server.ready()
        const answer = await plainFetch(input, init)
        if (answer.status !== 503 || attempt >= attempts) return await complete(answer)
      } catch (failure) {
        if (attempt >= attempts || init?.signal?.aborted) throw failure
      }
      await sleep(pauseMs)
    }
  }
}

/** Reads the whole body, so that a server that dies while it answers has not answered. */
async function complete(answer: Response): Promise<Response> {
  return new Response(await answer.arrayBuffer(), {
    status: answer.status,
    headers: answer.headers,
  })
}
