import { useQuery } from '@tanstack/react-query'
import { sampledQuery } from '../api.ts'
import { sparkPath } from './sparks.ts'
import '../compare/compare.css'

const size = { width: 96, height: 22 }
const points = 48

/** One metric of a run in a table cell; asked for together with its neighbours, when first in view. */
export function Sparkline(props: {
  readonly runId: string
  readonly metric: string
  readonly neighbours: readonly string[]
}) {
  const { runId, metric, neighbours } = props
  const query = useQuery(sampledQuery(neighbours, metric, points))
  const values = query.data?.get(runId)?.map((point) => point.value) ?? []
  const path = sparkPath(values, size)
  if (path === '') return <span className="faint">{query.isPending ? '' : '–'}</span>
  return (
    <svg
      className="spark"
      width={size.width}
      height={size.height}
      role="img"
      aria-label={`${metric}, ${values.length} points`}
    >
      <path d={path} />
    </svg>
  )
}
