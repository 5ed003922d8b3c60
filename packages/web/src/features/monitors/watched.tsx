import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'

/** What a monitor watches, with the way there. */
export function Watched({
  declaration: { endpoint, dataset, pipeline },
}: {
  readonly declaration: {
    readonly endpoint: string | null
    readonly dataset: string | null
    readonly pipeline: string | null
  }
}) {
  if (endpoint !== null) {
    return (
      <Link className="quiet" href={paths.endpoint(endpoint)}>
        {endpoint}
      </Link>
    )
  }
  if (dataset !== null) {
    return (
      <Link className="quiet" href={paths.dataset(dataset)}>
        {dataset}
      </Link>
    )
  }
  if (pipeline !== null) {
    return (
      <Link className="quiet" href={paths.pipeline(pipeline)}>
        {pipeline}
      </Link>
    )
  }
  return <span className="soft">uploaded batches</span>
}
