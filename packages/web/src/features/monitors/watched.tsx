import type { MonitorView } from '@kaizen/contracts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'

/** What a monitor watches, with the way there. */
export function Watched({ declaration }: Pick<MonitorView, 'declaration'>) {
  const { endpoint, dataset } = declaration
  if (endpoint !== null) {
    return (
      <Link className="link" href={paths.endpoint(endpoint)}>
        {endpoint}
      </Link>
    )
  }
  if (dataset !== null) {
    return (
      <Link className="link" href={paths.dataset(dataset)}>
        {dataset}
      </Link>
    )
  }
  return <span className="soft">uploaded batches</span>
}
