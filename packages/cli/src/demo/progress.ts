const width = 28
const redrawMs = 100

/** A line for each thing that happened, and on a terminal a bar below them. */
export interface Progress {
  say(text: string): void
  /** @param share of the work that is done, 0 to 1 */
  at(share: number, label: string): void
  end(): void
}

export function startProgress(out: NodeJS.WriteStream = process.stdout): Progress {
  let bar = ''
  let drawnAt = 0
  let saidTenth = 0
  const clear = (): void => {
    if (out.isTTY && bar !== '') out.write('\r\u001b[2K')
  }
  return {
    say(text) {
      clear()
      out.write(`${text}\n${out.isTTY ? bar : ''}`)
    },
    at(share, label) {
      if (!out.isTTY) {
        // Without a terminal, a line for each tenth.
        const tenth = Math.floor(share * 10)
        if (tenth > saidTenth) out.write(`${label}  ${tenth * 10} %\n`)
        saidTenth = Math.max(saidTenth, tenth)
        return
      }
      const now = performance.now()
      if (now - drawnAt < redrawMs && share < 1) return
      drawnAt = now
      const filled = Math.round(share * width)
      clear()
      bar = `${'━'.repeat(filled)}${'╌'.repeat(width - filled)} ${String(Math.round(share * 100)).padStart(3)} %  ${label}`
      out.write(bar)
    },
    end() {
      clear()
      bar = ''
    },
  }
}
