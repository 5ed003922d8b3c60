import { readdir, readFile } from 'node:fs/promises'

const pollMs = 50

/** Memory of all processes of a group, in megabytes, by the kernel's accounting (proc(5)). */
export async function treeMb(group: number): Promise<number> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const sizes = await Promise.all(numbers.map((pid) => residentKb(pid, group).catch(() => 0)))
  return sizes.reduce((sum, size) => sum + size, 0) / 1024
}

async function residentKb(pid: string, group: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  // The name of the program, in parentheses, may hold spaces; the group is the third field after it.
  if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== group) return 0
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
}

export interface Watch extends AsyncDisposable {
  /** The most memory seen so far. */
  readonly mostMb: number
}

/** Looks at the memory of a group again and again until disposed. */
export function watchTree(group: number): Watch {
  let mostMb = 0
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      mostMb = Math.max(mostMb, await treeMb(group))
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  })()
  return {
    get mostMb() {
      return mostMb
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      await watching
    },
  }
}
