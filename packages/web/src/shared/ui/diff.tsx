import type { DiffLine } from './line-diff.ts'
import './diff.css'

const marks = { same: ' ', added: '+', removed: '−' } as const

/** How one text became another, a line each, told by a mark and by a colour. */
export function Diff({ lines }: { readonly lines: readonly DiffLine[] }) {
  return (
    <div className="diff">
      {lines.map(({ kind, text }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
        <div key={at} data-kind={kind}>
          <span aria-hidden="true">{marks[kind]}</span>
          {kind === 'same' ? text : kind === 'added' ? <ins>{text}</ins> : <del>{text}</del>}
        </div>
      ))}
    </div>
  )
}
