import { insufficient, type Outcome } from '../outcome.ts'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts'
import type { Comparison } from './result.ts'
import { describeText, TEXT_DESCRIPTORS } from './text-descriptors.ts'
import type { Texts } from './text-drift.ts'

/**
 * Whether any figure of the texts (length, words, shares of letters, digits, ...; see `describeText`) has changed: the
 * Kolmogorov-Smirnov test of each, the smallest p-value times their number (Bonferroni). Statistic and effect are those
 * of the figure that has moved most; `parameters.descriptor` names it. Missing texts (null) are left out. Rabanser et
 * al. 2019.
 */
export const textDescriptorDrift = (reference: Texts, current: Texts): Outcome<Comparison> => {
  const method = 'text-descriptors'
  const [before, after] = [reference, current].map((texts) =>
    texts.filter((text) => text !== null).map(describeText),
  ) as [ReturnType<typeof describeText>[], ReturnType<typeof describeText>[]]
  let most: Comparison | null = null
  for (const descriptor of TEXT_DESCRIPTORS) {
    const of = (all: typeof before) => Float64Array.from(all, (each) => each[descriptor])
    const compared = kolmogorovSmirnov(of(before), of(after))
    if (compared.status !== 'ok') return { ...compared, method }
    if (most && (most.pValue ?? 1) <= (compared.pValue ?? 1)) continue
    const { statistic, pValue, sizes } = compared
    const effect = { name: `D of ${descriptor}`, value: statistic }
    most = { method, parameters: { descriptor }, statistic, pValue, effect, sizes }
  }
  if (!most) return insufficient(method, 'texts', { have: 0, need: 1 })
  const pValue = Math.min(1, (most.pValue ?? 1) * TEXT_DESCRIPTORS.length)
  return { status: 'ok', ...most, pValue }
}
