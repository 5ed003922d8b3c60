import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Measured } from './measured.ts'

const seconds = process.env['KAIZEN_BENCH_SECONDS'] ?? '3'

/**
 * Single writes from clients that acknowledge each part of an answer at once, and from clients as they are. Node has no
 * way to ask for the first, so both servers are called from the same program in Python.
 */
export async function quickAckFigures(url: string, python: string): Promise<readonly Measured[]> {
  const program = join(import.meta.dirname, 'quick_ack.py')
  const { stdout } = await promisify(execFile)(python, [program, url, '0', seconds])
  const found = JSON.parse(stdout) as Record<
    string,
    { readonly quick: number; readonly plain: number }
  >
  return Object.entries(found).flatMap(([work, { quick, plain }]) => [
    { work: `${work}, quick acknowledgement`, unit: 'calls/s', value: quick },
    { work: `${work}, plain`, unit: 'calls/s', value: plain },
  ])
}
