import { constants, type FileHandle, open, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type JsonValue,
  KaizenError,
  type PortKind,
  type StepResult,
  stepResult,
} from '@kaizen/contracts'
import { canonicalJson, sha256 } from '../../kernel/index.ts'
import type { BlobStore } from '../../storage/index.ts'
import { type ArtifactRef, isFileKind, type StepOutputs } from '../model.ts'

export interface OutputLimits {
  /** Of one output that is a file. */
  readonly maxFileBytes: number
  /** Of the result with all values and metrics. */
  readonly maxResultBytes: number
}

/**
 * Reads the result that a step wrote; one that wrote none has nothing to say.
 * @throws STEP_FAILED when it is too large, not JSON, or not a result
 */
export async function readResult(path: string, limits: OutputLimits): Promise<StepResult> {
  const file = await openPlain(path, 'the result')
  if (!file) return { outputs: {}, metrics: {}, params: {} }
  const text = await readAll(file, limits.maxResultBytes)
  const parsed = stepResult.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw failed(
    `its result is not as the contract says: ${['result', ...(issue?.path ?? [])].map(String).join('.')}: ${issue?.message}`,
  )
}

/** Stores what a step made. @throws STEP_FAILED naming the output that is missing or not what was declared */
export async function collectOutputs(
  declared: Readonly<Record<string, PortKind>>,
  given: {
    readonly result: StepResult
    readonly paths: Readonly<Record<string, string>>
    readonly blobs: BlobStore
    readonly limits: OutputLimits
  },
): Promise<StepOutputs> {
  const unknown = Object.keys(given.result.outputs).find(
    (name) => declared[name] === undefined || isFileKind(declared[name]),
  )
  if (unknown !== undefined)
    throw failed(`its result holds the output "${unknown}", which is not a declared value`)
  const outputs: Record<string, ArtifactRef> = {}
  for (const [name, kind] of Object.entries(declared)) {
    outputs[name] = isFileKind(kind)
      ? { kind, ...(await storeFile(name, given)) }
      : valueRef(name, kind, given.result.outputs[name])
  }
  return outputs
}

function valueRef(name: string, kind: PortKind, value: JsonValue | undefined): ArtifactRef {
  if (value === undefined) throw failed(`it wrote no value of its output "${name}" into the result`)
  if (kind === 'metric' && typeof value !== 'number')
    throw failed(
      `its output "${name}" is a metric, but holds ${JSON.stringify(value).slice(0, 80)}`,
    )
  const text = canonicalJson(value)
  return { kind, digest: sha256(text), sizeBytes: Buffer.byteLength(text), value }
}

async function storeFile(
  name: string,
  given: {
    readonly paths: Readonly<Record<string, string>>
    readonly blobs: BlobStore
    readonly limits: OutputLimits
  },
): Promise<{ digest: string; sizeBytes: number }> {
  const file = await openPlain(given.paths[name] ?? '', `its output "${name}"`)
  if (!file) throw failed(`it wrote no file for its output "${name}"`)
  try {
    return await given.blobs.put(file.createReadStream({ autoClose: false }), {
      maxBytes: given.limits.maxFileBytes,
    })
  } catch (failure) {
    if (failure instanceof KaizenError && failure.code === 'TOO_LARGE')
      throw failed(`its output "${name}" is larger than ${given.limits.maxFileBytes} bytes`)
    throw failure
  } finally {
    await file.close()
  }
}

/** Opens a regular file that stands where it was asked to: no link to elsewhere, no device that never ends. */
async function openPlain(path: string, what: string): Promise<FileHandle | undefined> {
  const folder = dirname(path)
  if ((await realpath(folder).catch(() => undefined)) !== folder)
    throw failed(`the folder of ${what} was removed or replaced`)
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === 'ENOENT') return undefined
    if (failure.code === 'ELOOP' || failure.code === 'ENXIO')
      throw failed(`${what} is a link or a device, not a file`)
    throw failed(`${what} cannot be read: ${failure.code}`)
  })
  if (file && !(await file.stat()).isFile()) {
    await file.close()
    throw failed(`${what} is not a regular file`)
  }
  return file
}

async function readAll(file: FileHandle, maxBytes: number): Promise<string> {
  try {
    const { size } = await file.stat()
    if (size > maxBytes)
      throw failed(`its result has ${size} bytes; values may have ${maxBytes} in all`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw failed(`its result is not JSON: ${reason} (NaN and Infinity have no JSON form)`)
  }
}

const failed = (message: string): KaizenError =>
  new KaizenError('STEP_FAILED', message, {
    hint: 'docs/reference/step-contract.md says what a step has to write.',
  })
