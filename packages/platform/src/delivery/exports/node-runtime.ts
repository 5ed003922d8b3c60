import { execFile } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { KaizenError } from '@kaizen/contracts'

/** This machine's Node with the libraries that it loads. */
export interface NodeRuntime {
  readonly version: string
  /** Where it goes in an image. */
  readonly path: '/usr/local/bin/node'
  readonly program: Uint8Array
  readonly licence: Uint8Array | undefined
  /** By the absolute paths at which they are looked for. */
  readonly libraries: ReadonlyMap<string, Uint8Array>
  /** Version of the GNU C library; undefined where the libraries are another's. */
  readonly glibc: string | undefined
  /** What is compiled into Node, with versions. */
  readonly parts: Readonly<Record<string, string>>
}

interface Report {
  readonly header: { readonly glibcVersionRuntime?: string }
  readonly sharedObjects: readonly string[]
}

/**
 * Reads the program that runs this one. The libraries are those that a fresh process has loaded, so they do not depend
 * on what this one has done.
 * @param addon a package whose native code they are asked with
 * @throws UNSUPPORTED elsewhere than on Linux, which is what images run
 */
export async function nodeRuntime(addon?: string): Promise<NodeRuntime> {
  if (process.platform !== 'linux') {
    throw new KaizenError('UNSUPPORTED', 'images are built of the Node of a Linux machine', {
      hint: 'Run the server on Linux, or export with --to javascript and build an image of it.',
    })
  }
  const report = await reportOf(addon)
  const paths = report.sharedObjects.filter(
    (path) => path.startsWith('/') && !path.endsWith('.node') && !/libonnxruntime/.test(path),
  )
  const read = async (path: string) => [path, await readFile(path)] as const
  const program = await realpath(process.execPath)
  const { node: _, ...parts } = process.versions
  return {
    version: process.version.slice(1),
    path: '/usr/local/bin/node',
    program: await readFile(program),
    licence: await readFile(join(dirname(program), '..', 'LICENSE')).catch(() => undefined),
    libraries: new Map(await Promise.all(paths.toSorted().map(read))),
    glibc: report.header.glibcVersionRuntime,
    parts: Object.fromEntries(
      Object.entries(parts).filter((part): part is [string, string] => part[1] !== undefined),
    ),
  }
}

async function reportOf(addon: string | undefined): Promise<Report> {
  const load = addon === undefined ? '' : `require(${JSON.stringify(addon)});`
  const script = `${load}process.report.excludeNetwork=true;console.log(JSON.stringify(process.report.getReport()))`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
    env: {},
    maxBuffer: 16 * 2 ** 20,
  })
  return JSON.parse(stdout) as Report
}
