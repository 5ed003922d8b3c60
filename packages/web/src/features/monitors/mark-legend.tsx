import type { Annotation } from '@kaizen/contracts'
import { signOf } from '../../shared/charts/marks.ts'
import { countMarks } from './prepare.ts'
import './monitor.css'

/** What the signs over a chart mean, and how many there are. */
export const MarkLegend = ({ marks }: { readonly marks: readonly Annotation[] }) => (
  <ul className="mark-legend">
    {countMarks(marks).map(({ kind, count }) => (
      <li key={kind}>
        <span className={`mark-sign mark-${kind}`}>{signOf(kind)}</span> {count} {kind}
        {count === 1 ? '' : 's'}
      </li>
    ))}
  </ul>
)
