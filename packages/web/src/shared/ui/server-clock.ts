import { type ServerInfo, systemApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { endpointQuery } from '../api/queries.ts'

/** The server's time: ages are counted on its clock, which in a replay is the time of the data. */
export function useServerNow(): number {
  const { data, dataUpdatedAt } = useQuery(endpointQuery(systemApi.info))
  const [now, setNow] = useState(() => serverNow(data, dataUpdatedAt, Date.now()))
  useEffect(() => {
    const tick = () => setNow(serverNow(data, dataUpdatedAt, Date.now()))
    tick()
    const timer = setInterval(tick, 10_000)
    return () => clearInterval(timer)
  }, [data, dataUpdatedAt])
  return now
}

const serverNow = (info: ServerInfo | undefined, readAt: number, now: number): number => {
  if (!info) return now
  return info.clock === 'replay' ? info.now : info.now + (now - readAt)
}
