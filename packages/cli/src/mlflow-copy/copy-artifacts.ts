import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, type MlflowEndpoint, textOf } from './endpoint.ts'
import type { MlflowSource } from './source.ts'
import { encodePath, proxyPathOf } from './target.ts'

/** How the files of one run or logged model are listed and read. */
export interface ArtifactSource {
  readonly list: (folder: string, pageToken: string | undefined) => Promise<Message>
  readonly fileAt: (path: string) => string
}

export interface ArtifactFile {
  readonly path: string
  readonly sizeBytes: number
}

/** All files below a folder, by path. */
export async function* filesOf(
  endpoint: MlflowSource,
  source: ArtifactSource,
  folder = '',
): AsyncGenerator<ArtifactFile> {
  const entries = await Array.fromAsync(
    endpoint.pages('files', (token) => source.list(folder, token)),
  )
  for (const entry of entries) {
    const path = textOf(entry['path'])
    if (entry['is_dir'] === true) yield* filesOf(endpoint, source, path)
    else yield { path, sizeBytes: Number(entry['file_size'] ?? 0) }
  }
}

/** Copies files that the target does not have in the same size; answers how many and how large. */
export async function copyArtifacts(
  from: MlflowSource,
  source: ArtifactSource,
  to: {
    readonly endpoint: MlflowEndpoint
    readonly artifactUri: string
    readonly list: ArtifactSource['list']
  },
): Promise<{ readonly files: number; readonly sizeBytes: number }> {
  const wanted = await Array.fromAsync(filesOf(from, source))
  if (wanted.length === 0) return { files: 0, sizeBytes: 0 }
  const there = new Map<string, number>()
  for await (const file of filesOf(to.endpoint, { list: to.list, fileAt: source.fileAt })) {
    there.set(file.path, file.sizeBytes)
  }
  const base = proxyPathOf(to.artifactUri)
  let files = 0
  let bytes = 0
  for (const { path, sizeBytes } of wanted) {
    if (there.get(path) === sizeBytes) continue
    const aside = join(tmpdir(), `kaizen-copy-${randomUUID()}`)
    await from.download(source.fileAt(path), aside)
    await to.endpoint.upload(`${base}/${encodePath(path)}`, aside)
    files++
    bytes += sizeBytes
  }
  return { files, sizeBytes: bytes }
}

export const listRunFiles =
  (endpoint: MlflowSource, runId: string): ArtifactSource['list'] =>
  (path, pageToken) =>
    endpoint.get('artifacts/list', { run_id: runId, path, page_token: pageToken })

export const runFiles = (endpoint: MlflowSource, runId: string): ArtifactSource => ({
  list: listRunFiles(endpoint, runId),
  fileAt: (path) => `/get-artifact?${new URLSearchParams({ run_id: runId, path })}`,
})

export const listModelFiles =
  (endpoint: MlflowSource, modelId: string): ArtifactSource['list'] =>
  (path, pageToken) =>
    endpoint.get(`logged-models/${modelId}/artifacts/directories`, {
      artifact_directory_path: path,
      page_token: pageToken,
    })

export const modelFiles = (endpoint: MlflowSource, modelId: string): ArtifactSource => ({
  list: listModelFiles(endpoint, modelId),
  fileAt: (path) =>
    `/ajax-api/2.0/mlflow/logged-models/${modelId}/artifacts/files?${new URLSearchParams({ artifact_file_path: path })}`,
})
