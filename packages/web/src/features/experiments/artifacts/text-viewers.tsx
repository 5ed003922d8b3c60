import { lazy, Suspense, useMemo, useState } from 'react'
import { ToolButton } from '../../../shared/charts/chart.tsx'
import { SafeHtml } from '../../../shared/ui/safe-html.tsx'
import { Skeleton } from '../../../shared/ui/state.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import {
  type Cells,
  delimiterOf,
  isMarkdown,
  readableText,
  readDelimited,
  readSignature,
  readSplitTable,
  type SignatureField,
  type TextKind,
} from './artifact-view.ts'
import { ImageView } from './image-view.tsx'

// A reader of Markdown comes with the first file of it.
const Markdown = lazy(() =>
  import('./markdown.tsx').then(({ MarkdownView }) => ({ default: MarkdownView })),
)

interface FileProps {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether these bytes are all of the file. */
  readonly whole: boolean
}

/** A file whose content is a text, by its kind. */
export function TextView({ kind, ...file }: FileProps & { readonly kind: TextKind }) {
  const { path, bytes } = file
  const text = useMemo(() => new TextDecoder().decode(bytes), [bytes])
  switch (kind) {
    case 'table':
      return <Delimited path={path} text={text} />
    case 'json':
      return <Json path={path} text={text} />
    case 'markup':
    case 'drawing':
      return <Rendered kind={kind} text={text} {...file} />
    case 'signature':
      return <Signature path={path} text={text} />
    case 'text':
      return <Source path={path} text={text} />
  }
}

function Source({ path, text }: { readonly path: string; readonly text: string }) {
  return (
    <section
      className="viewer-text"
      aria-label={path}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <pre>{readableText(path, text)}</pre>
    </section>
  )
}

/** A page, a document or a drawing as it is meant to look, or as it is written. */
function Rendered(
  props: FileProps & { readonly kind: 'markup' | 'drawing'; readonly text: string },
) {
  const { kind, path, bytes, whole, text } = props
  const [source, setSource] = useState(false)
  const asWritten = source || (kind === 'drawing' && !whole)
  return (
    <>
      <p className="viewer-tools faint small">
        {kind === 'markup'
          ? 'Words, tables and links only: what could run or load something is left out.'
          : 'Drawn as an image: nothing in it runs.'}
        <ToolButton
          label={`source of ${path}`}
          pressed={asWritten}
          onClick={() => setSource(!source)}
        >
          source
        </ToolButton>
      </p>
      {asWritten ? (
        <Source path={path} text={text} />
      ) : kind === 'drawing' ? (
        <ImageView path={path} bytes={bytes} />
      ) : (
        <section
          className="viewer-page"
          aria-label={path}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
        >
          {isMarkdown(path) ? (
            <Suspense fallback={<Skeleton lines={6} />}>
              <Markdown text={text} />
            </Suspense>
          ) : (
            <SafeHtml html={text} />
          )}
        </section>
      )}
    </>
  )
}

function Json({ path, text }: { readonly path: string; readonly text: string }) {
  const table = useMemo(() => readSplitTable(text), [text])
  return table ? <CellsTable path={path} cells={table} /> : <Source path={path} text={text} />
}

function Delimited({ path, text }: { readonly path: string; readonly text: string }) {
  const cells = useMemo(() => {
    const [head = [], ...rows] = readDelimited(text, delimiterOf(path))
    return { head, rows }
  }, [text, path])
  return <CellsTable path={path} cells={cells} />
}

interface NumberedRow {
  readonly place: number
  readonly cells: readonly string[]
}

function CellsTable({ path, cells }: { readonly path: string; readonly cells: Cells }) {
  const { head, rows } = cells
  const columns = useMemo(
    () =>
      head.map(
        (name, index): TableColumn<NumberedRow> => ({
          id: String(index),
          header: name,
          minWidth: 110,
          cell: (row) => <span title={row.cells[index]}>{row.cells[index]}</span>,
          text: (row) => row.cells[index] ?? null,
        }),
      ),
    [head],
  )
  const numbered = useMemo(() => rows.map((row, place) => ({ place, cells: row })), [rows])
  return (
    <Table
      label={path}
      columns={columns}
      rows={numbered}
      rowKey={(row) => String(row.place)}
      height={360}
      empty={<p className="section-body faint">It has no row.</p>}
    />
  )
}

function Signature({ path, text }: { readonly path: string; readonly text: string }) {
  const signature = useMemo(() => readSignature(text), [text])
  return (
    <>
      {signature && (
        <Table
          label="Model signature"
          columns={signatureColumns}
          rows={signature}
          rowKey={(field) => `${field.side} ${field.name}`}
          height={280}
        />
      )}
      <Source path={path} text={text} />
    </>
  )
}

const signatureColumns: readonly TableColumn<SignatureField>[] = [
  { id: 'name', header: 'Field', minWidth: 140, cell: (field) => field.name },
  { id: 'side', header: 'Side', width: 90, cell: (field) => field.side },
  { id: 'type', header: 'Type', minWidth: 110, cell: (field) => field.type },
  {
    id: 'required',
    header: 'Required',
    width: 90,
    cell: (field) => (field.required ? 'yes' : 'no'),
  },
]
