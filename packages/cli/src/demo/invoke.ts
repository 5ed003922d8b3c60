import { KaizenError } from '@kaizen/contracts'
import type { Invoke } from './replay.ts'

/** Asks over HTTP, as any caller would. */
export function invokeOver(send: typeof fetch, baseUrl: string): Invoke {
  return async (endpoint, rows) => {
    const response = await send(`${baseUrl}/endpoints/${endpoint}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        dataframe_records: rows.map((row) => row.inputs),
        kaizen: { inference_ids: rows.map((row) => row.id), event_time: rows.map((row) => row.at) },
      }),
    })
    if (response.ok) return
    throw new KaizenError(
      'UNAVAILABLE',
      `${endpoint} answered ${response.status}: ${(await response.text()).slice(0, 500)}`,
    )
  }
}
