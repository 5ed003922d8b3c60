import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'

/** What a monitor watches, with the way there. */
export function Watched({
  declaration: { endpoint, dataset, pipeline, featureView },
}: {
  readonly declaration: {
    readonly endpoint: string | null
    readonly dataset: string | null
    readonly pipeline: string | null
    readonly featureView: string | null
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
  if (featureView !== null) {
    return (
      <Link className="quiet" href={paths.featureView(featureView)}>
        {featureView}
      </Link>
    )
  }
  return <span className="soft">uploaded batches</span>
}
