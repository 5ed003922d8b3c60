import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { alertCountsQuery } from '../api.ts'

/** Offers what changed since a scrolled list was loaded, instead of moving the rows under the reader. */
export function NewAlerts(props: {
  readonly pages: number
  readonly loadedAt: number
  readonly onShow: () => void
}) {
  const counts = JSON.stringify(useQuery(alertCountsQuery).data ?? null)
  const [seen, setSeen] = useState(counts)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was counted when the list was loaded
  useEffect(() => setSeen(counts), [props.loadedAt])
  if (props.pages <= 1 || seen === 'null' || counts === seen) return null
  return (
    <p className="new-alerts" role="status">
      <button type="button" className="button small" onClick={props.onShow}>
        Show what changed
      </button>
    </p>
  )
}
