import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const pollMs = 20

/** When a process was started, as its system tells it: with the pid it names one process for good. */
export function startMark(pid: number): string | undefined {
  try {
    // Field 22 of proc(5) stat; the name in parentheses may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch (failure) {
    if (process.platform === 'linux') return undefined
    void failure
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/**
 * Lets whoever answers callers go first: what a process starts later inherits it. Where Linux shares processor time
 * between sessions first (sched(7), autogroup), the priority of a process counts only within its session, and a process
 * group of its own is one: its session steps back too.
 */
export function yieldToServing(pid: number): void {
  const priority = constants.priority.PRIORITY_BELOW_NORMAL
  try {
    setPriority(pid, priority)
    if (process.platform === 'linux' && leadsSession(pid))
      writeFileSync(`/proc/${pid}/autogroup`, String(priority))
  } catch {
    // It has ended already, or the system allows no change.
  }
}

/** Whether its session is its own, so that no one else's is slowed. */
function leadsSession(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3] === String(pid)
}

/** Sends a signal to a process and all that it started; false when none is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

/** Asks a group to end, and ends it when it has not after `graceMs`. */
export async function endGroup(pid: number, graceMs: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return
  for (let waited = 0; waited < graceMs; waited += pollMs) {
    await new Promise<void>((resolve) => setTimeout(resolve, pollMs))
    if (!signalGroup(pid, 0)) return
  }
  signalGroup(pid, 'SIGKILL')
}
