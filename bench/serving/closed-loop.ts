/** What a load asks of a server: how much processor time all its processes have used. */
export interface MeasuredServer {
  readonly url: string
  cpuSeconds(): number
}

export interface Load {
  readonly perSecond: number
  /** Processor time of the server a request, in milliseconds. */
  readonly cpuMs: number
  readonly failed: number
}

/** Each client sends the next request when its last is answered; null where nothing was answered well. */
export async function closedLoop(
  server: MeasuredServer,
  load: {
    readonly clients: number
    readonly seconds: number
    /** Sends a request and tells whether it was answered well. */
    readonly send: (client: number, request: number) => Promise<boolean>
  },
): Promise<Load | null> {
  let [sent, answered, failed] = [0, 0, 0]
  const all = async (seconds: number): Promise<void> => {
    const until = performance.now() + seconds * 1000
    const loop = async (client: number): Promise<void> => {
      while (performance.now() < until) {
        if (await load.send(client, sent++)) answered++
        else failed++
      }
    }
    await Promise.all(Array.from({ length: load.clients }, (_, client) => loop(client)))
  }
  await all(Math.min(2, load.seconds))
  ;[answered, failed] = [0, 0]
  const cpu = server.cpuSeconds()
  const startedAt = performance.now()
  await all(load.seconds)
  const seconds = (performance.now() - startedAt) / 1000
  if (answered === 0) return null
  const cpuMs = ((server.cpuSeconds() - cpu) * 1000) / (answered + failed)
  return { perSecond: answered / seconds, cpuMs, failed }
}
