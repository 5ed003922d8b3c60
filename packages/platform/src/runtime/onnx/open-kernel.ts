import { open } from 'node:fs/promises'
import type { KernelModel } from '../kernel/kernel-model.ts'

/** Larger files are read in threads only: compiling them would hold up the loop. */
const mostBytes = 1024 * 1024

/** A model for the event loop; undefined for one that it cannot compute, that is too large, or whose file is missing. */
export async function openKernel(source: string | Uint8Array): Promise<KernelModel | undefined> {
  const bytes = typeof source === 'string' ? await smallFile(source) : source
  if (!bytes || bytes.length > mostBytes) return undefined
  const { KernelModel } = await import('../kernel/kernel-model.ts')
  return KernelModel.openInTurns(bytes)
}

async function smallFile(path: string): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path)
    return (await file.stat()).size > mostBytes ? undefined : await file.readFile()
  } catch {
    return undefined
  }
}
