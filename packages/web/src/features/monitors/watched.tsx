import { type WatchedKind, watchedInWords, watchedKinds } from '@kaizen/contracts/watched'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'

const pathTo: Readonly<Record<WatchedKind, (name: string) => string>> = {
  endpoint: paths.endpoint,
  dataset: paths.dataset,
  pipeline: paths.pipeline,
  featureView: paths.featureView,
}

/** What a monitor watches: of which kind it is, and the way there. */
export function Watched({
  declaration,
}: {
  readonly declaration: Readonly<Record<WatchedKind, string | null>>
}) {
  const kind = watchedKinds.find((each) => declaration[each] !== null)
  const name = kind && declaration[kind]
  if (!kind || !name) return <span className="soft">uploaded batches</span>
  return (
    <>
      <span className="soft">{watchedInWords[kind]}</span>{' '}
      <Link className="quiet" href={pathTo[kind](name)}>
        {name}
      </Link>
    </>
  )
}
