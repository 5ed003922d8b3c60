import { systemApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { endpointQuery } from '../shared/api/queries.ts'
import { formatInstant } from '../shared/format/time.ts'
import { type Connection, useLive } from '../shared/live/live.ts'
import { useServerNow } from '../shared/ui/server-clock.ts'

const words: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  broken: 'Reconnecting',
}

/** Whether what is on the screen follows the server, and the server's clock where it is not the wall's. */
export function LiveIndicator() {
  const { connection, latest } = useLive()
  const info = useQuery(endpointQuery(systemApi.info)).data
  const now = useServerNow()
  const tone = connection === 'live' ? 'ok' : connection === 'broken' ? 'failed' : 'waiting'
  const title = latest ? `Newest event: ${latest.type}, ${latest.subject}` : 'No event yet'
  return (
    <span className={`live tone-${tone}`} data-connection={connection} role="status" title={title}>
      <span className="live-dot" />
      {words[connection]}
      {info?.clock === 'replay' && (
        <span className="live-clock faint">replay · {formatInstant(now)}</span>
      )}
    </span>
  )
}
