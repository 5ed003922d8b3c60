import type { ReactNode } from 'react'
import type { PagedOptions } from '../api/queries.ts'
import { usePages } from '../api/use-pages.ts'
import { Page } from './page.tsx'
import { Loaded, Skeleton } from './state.tsx'
import { Table } from './table.tsx'
import type { TableColumn } from './table-model.ts'

interface Props<Row> {
  readonly title: string
  /** What all of them come to, in words. */
  readonly subtitle?: string | undefined
  readonly actions?: ReactNode
  readonly query: PagedOptions<Row>
  readonly columns: readonly TableColumn<Row>[]
  readonly rowKey: (row: Row) => string
  readonly empty: ReactNode
}

/** The page of a kind of object: all of them in one table, fetched as the reader scrolls. */
export function ListPage<Row>(props: Props<Row>) {
  const { title, columns, rowKey, empty } = props
  const { query, rows, onEnd } = usePages(props.query)
  const subtitle = rows.length > 0 ? props.subtitle : undefined
  return (
    <Page title={title} subtitle={subtitle} actions={props.actions}>
      <Loaded query={query} skeleton={<Skeleton lines={8} />}>
        {() =>
          rows.length === 0 ? (
            empty
          ) : (
            <div className="section">
              <Table
                label={title}
                primary
                columns={columns}
                rows={rows}
                rowKey={rowKey}
                height={`calc(100dvh - ${subtitle === undefined ? 160 : 190}px)`}
                onEnd={onEnd}
                csvName={title.toLowerCase()}
              />
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}
