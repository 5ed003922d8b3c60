import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { formatBytes } from '../../../shared/format/number.ts'
import { Loaded, Skeleton, State } from '../../../shared/ui/state.tsx'
import { artifactContentQuery, artifactHref, artifactsQuery } from '../api.ts'
import { ArtifactPreview } from './artifact-preview.tsx'
import { type ArtifactKind, artifactKind } from './artifact-view.ts'
import { DownloadLink } from './download-link.tsx'
import { ImageView } from './image-view.tsx'
import { TextView } from './text-viewers.tsx'

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
              whole && <ImageView bytes={bytes} path={path} />
            ) : (
              <TextView kind={kind} path={path} bytes={bytes} whole={whole} />
            )}
          </>
        )}
      </Loaded>
    </div>
  )
}
