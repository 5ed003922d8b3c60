import { paths } from '../../../shared/paths.ts'
import { Link } from '../../../shared/ui/link.tsx'
import { mostCompared } from './comparison.ts'
import './compare.css'

/** How many runs are chosen, and what can be done with them. */
export function CompareBar(props: {
  readonly chosen: readonly string[]
  readonly onClear: () => void
}) {
  const count = props.chosen.length
  if (count === 0) return null
  return (
    <section className="compare-bar" aria-label="Chosen runs">
      <span role="status">
        {count} {count === 1 ? 'run' : 'runs'} chosen
        {count === mostCompared && <span className="faint">, the most that fit</span>}
      </span>
      <Link className="button primary" href={paths.compareRuns(props.chosen)}>
        Compare
      </Link>
      <button type="button" className="button quiet" onClick={props.onClear}>
        Clear
      </button>
    </section>
  )
}
