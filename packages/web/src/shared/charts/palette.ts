export interface ChartColors {
  readonly series: readonly string[]
  readonly text: string
  readonly faint: string
  readonly line: string
  readonly surface: string
  readonly failed: string
  readonly ok: string
  readonly attention: string
  readonly busy: string
  readonly font: string
}

/** The tokens of the present theme as colours that a canvas understands. */
export function readColors(): ChartColors {
  const probe = document.createElement('span')
  document.body.append(probe)
  const read = (token: string): string => {
    probe.style.color = `var(--${token})`
    return getComputedStyle(probe).color
  }
  const colors = {
    series: Array.from({ length: 8 }, (_, index) => read(`series-${index + 1}`)),
    text: read('text'),
    faint: read('text-faint'),
    line: read('line'),
    surface: read('surface'),
    failed: read('failed'),
    ok: read('ok'),
    attention: read('attention'),
    busy: read('busy'),
    font: getComputedStyle(probe).fontFamily,
  }
  probe.remove()
  return colors
}
