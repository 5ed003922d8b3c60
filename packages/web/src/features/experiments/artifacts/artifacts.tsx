import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { formatBytes } from '../../../shared/format/number.ts'
import { Loaded, Skeleton, State } from '../../../shared/ui/state.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { artifactContentQuery, artifactHref, artifactsQuery } from '../api.ts'
import { ArtifactPreview } from './artifact-preview.tsx'
import {
  type ArtifactKind,
  artifactKind,
  delimiterOf,
  imageType,
  readableText,
  readDelimited,
  readSignature,
  type SignatureField,
} from './artifact-view.ts'
import { DownloadLink } from './download-link.tsx'

interface Props {
  readonly runId: string
  readonly file: string | undefined
  readonly onOpen: (path: string) => void
}

/** The files of a run, folder by folder; those with a viewer open beneath. */
export function Artifacts(props: Props) {
  return (
    <>
      <Folder {...props} path="" />
      {props.file !== undefined && (
        <Viewer key={props.file} runId={props.runId} path={props.file} />
      )}
    </>
  )
}

function Folder(props: Props & { readonly path: string }) {
  const { runId, path } = props
  const query = useQuery(artifactsQuery(runId, path))
  return (
    <Loaded query={query} skeleton={<Skeleton lines={2} />}>
      {(files) =>
        files.length === 0 ? (
          <State icon="download" title={path === '' ? 'No file was logged' : 'An empty folder'} />
        ) : (
          <ul className="fields">
            {files.map((file) =>
              file.isFolder ? (
                <li key={file.path}>
                  <Subfolder {...props} path={file.path} />
                </li>
              ) : (
                <li key={file.path} className="artifact">
                  <FileName {...props} path={file.path} />
                  <span className="number faint">
                    {formatBytes(file.sizeBytes)}{' '}
                    <DownloadLink href={artifactHref(runId, file.path)} path={file.path} />
                  </span>
                </li>
              ),
            )}
          </ul>
        )
      }
    </Loaded>
  )
}

function Subfolder(props: Props & { readonly path: string }) {
  const [open, setOpen] = useState(props.file?.startsWith(`${props.path}/`) ?? false)
  return (
    <>
      <div className="artifact">
        <button
          type="button"
          className="cell-button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {props.path}/
        </button>
        <span className="faint">folder</span>
      </div>
      {open && <Folder {...props} />}
    </>
  )
}

function FileName({ path, file, onOpen }: Props & { readonly path: string }) {
  if (artifactKind(path) === 'other') return <span>{path}</span>
  return (
    <button
      type="button"
      className="cell-button"
      aria-pressed={file === path}
      onClick={() => onOpen(file === path ? '' : path)}
    >
      {path}
    </button>
  )
}

function Viewer({ runId, path }: { readonly runId: string; readonly path: string }) {
  const kind = artifactKind(path)
  if (kind === 'other') return null
  if (kind === 'preview') return <ArtifactPreview runId={runId} path={path} />
  return <ContentViewer runId={runId} path={path} kind={kind} />
}

function ContentViewer(props: {
  readonly runId: string
  readonly path: string
  readonly kind: Exclude<ArtifactKind, 'preview' | 'other'>
}) {
  const { runId, path, kind } = props
  const query = useQuery(artifactContentQuery(runId, path))
  return (
    <div className="viewer">
      <Loaded query={query} skeleton={<Skeleton height={160} />}>
        {({ bytes, whole }) => (
          <>
            {!whole && (
              <p className="faint small section-body" role="status">
                {kind === 'image'
                  ? 'The image is too large to be shown here; download it.'
                  : `Only the first ${formatBytes(bytes.byteLength)} are shown; download the file for all of it.`}
              </p>
            )}
            {kind === 'image' ? (
              whole && <Image bytes={bytes} path={path} />
            ) : (
              <Text kind={kind} path={path} text={new TextDecoder().decode(bytes)} />
            )}
          </>
        )}
      </Loaded>
    </div>
  )
}

function Image({
  bytes,
  path,
}: {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly path: string
}) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const reader = new FileReader()
    reader.onload = () => setUrl(String(reader.result))
    // An address that holds the image itself: nothing else can be opened under it later.
    reader.readAsDataURL(new Blob([bytes], { type: imageType(path) }))
    return () => reader.abort()
  }, [bytes, path])
  return url === null ? null : <img src={url} alt={path} />
}

function Text(props: {
  readonly kind: 'table' | 'signature' | 'text'
  readonly path: string
  readonly text: string
}) {
  const { kind, path, text } = props
  if (kind === 'table') return <Rows path={path} text={text} />
  const signature = kind === 'signature' ? readSignature(text) : null
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
      <section
        className="viewer-text"
        aria-label={path}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <pre>{readableText(path, text)}</pre>
      </section>
    </>
  )
}

function Rows({ path, text }: { readonly path: string; readonly text: string }) {
  const [head = [], ...rows] = useMemo(() => readDelimited(text, delimiterOf(path)), [text, path])
  const columns = head.map(
    (name, index): TableColumn<{ readonly cells: readonly string[] }> => ({
      id: String(index),
      header: name,
      minWidth: 110,
      cell: (row) => <span title={row.cells[index]}>{row.cells[index]}</span>,
      text: (row) => row.cells[index] ?? null,
    }),
  )
  const numbered = rows.map((cells, place) => ({ place, cells }))
  return (
    <Table
      label={path}
      columns={columns}
      rows={numbered}
      rowKey={(row) => String((row as (typeof numbered)[number]).place)}
      height={360}
    />
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
