import type { ReactNode } from 'react'
import { useWidth } from './use-width.ts'
import './beside.css'

/** One field of things that stand side by side, with the value of each of them. */
export interface BesideRow {
  readonly key: string
  readonly values: readonly { readonly of: string; readonly value: ReactNode }[]
}

/** Where a table of so many columns no longer has room for its values, they stand below each other. */
const narrow = 560

/** Things side by side: as the table that is given, or where that has no room, one below the other under each field. */
export function Beside(props: {
  readonly label: string
  readonly rows: readonly BesideRow[]
  readonly children: ReactNode
}) {
  const [box, width] = useWidth<HTMLDivElement>()
  const stacked = width > 0 && width < narrow && props.rows.length > 0
  return (
    <div ref={box}>
      {stacked ? (
        <ul className="beside" aria-label={props.label}>
          {props.rows.map(({ key, values }) => (
            <li key={key}>
              <b>{key}</b>
              <dl>
                {values.map(({ of, value }) => (
                  <div key={of}>
                    <dt>{of}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </li>
          ))}
        </ul>
      ) : (
        props.children
      )}
    </div>
  )
}
