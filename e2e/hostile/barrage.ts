import { faultsOf } from './verdict.ts'
import type { Wire, WireRequest } from './wire.ts'

const lanes = 4

/** Sends every request, a few at a time, and answers in words what was wrong with the answers. */
export async function barrage(
  wire: Wire,
  requests: readonly WireRequest[],
): Promise<readonly string[]> {
  const waiting = requests.values()
  const lane = async (): Promise<readonly string[]> => {
    const faults: string[] = []
    for (const sent of waiting) faults.push(...(await volley(wire, sent)))
    return faults
  }
  return (await Promise.all(Array.from({ length: lanes }, lane))).flat()
}

/** Sends one request and answers what was wrong with its answer. */
export async function volley(wire: Wire, sent: WireRequest): Promise<readonly string[]> {
  try {
    return faultsOf(sent, await wire.send(sent))
  } catch (failure) {
    return [`${sent.method} ${sent.path.slice(0, 120)} (${sent.what}): no answer: ${failure}`]
  }
}
