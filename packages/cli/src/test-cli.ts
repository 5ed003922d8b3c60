import { vi } from 'vitest'
import { run } from './program.ts'

/** Runs the command line in this process: what it answers to the shell, and what it prints to either stream. */
export async function runKaizen(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const told: string[] = []
  const take = (text: string | Uint8Array): boolean => told.push(String(text)) > 0
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(take),
  )
  process.exitCode = 0
  try {
    const code = await run(['node', 'kaizen', ...args])
    return { code: code || Number(process.exitCode), text: told.join('') }
  } finally {
    process.exitCode = 0
    for (const spy of spies) spy.mockRestore()
  }
}
