/** Figures of one text; shares are of its characters (Unicode code points), 0 for an empty text. */
export interface TextDescriptors {
  /** Code points. */
  readonly length: number
  readonly words: number
  readonly sentences: number
  readonly meanWordLength: number
  readonly letterShare: number
  readonly upperCaseShare: number
  readonly digitShare: number
  readonly punctuationShare: number
  readonly whiteSpaceShare: number
  readonly nonAsciiShare: number
  /** Different words over words, both in lower case. */
  readonly vocabularyShare: number
  readonly links: number
}

export const TEXT_DESCRIPTORS = [
  'length',
  'words',
  'sentences',
  'meanWordLength',
  'letterShare',
  'upperCaseShare',
  'digitShare',
  'punctuationShare',
  'whiteSpaceShare',
  'nonAsciiShare',
  'vocabularyShare',
  'links',
] as const satisfies readonly (keyof TextDescriptors)[]

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu
const SENTENCE_END = /[.!?。！？]+(?=\s|$)/gu
const LINK = /\bhttps?:\/\/\S+/giu

/** Figures of a text that drift tests for numbers can watch. Sentences count an unfinished last one. */
export const describeText = (text: string): TextDescriptors => {
  const points = Array.from(text)
  const share = (pattern: RegExp) =>
    points.length > 0 ? points.filter((point) => pattern.test(point)).length / points.length : 0
  const words = text.match(WORD) ?? []
  const ends = text.match(SENTENCE_END)?.length ?? 0
  const isUnfinished = words.length > 0 && !/[.!?。！？]\s*$/u.test(text)
  const letters = words.reduce((sum, word) => sum + Array.from(word).length, 0)
  return {
    length: points.length,
    words: words.length,
    sentences: ends + (isUnfinished ? 1 : 0),
    meanWordLength: words.length > 0 ? letters / words.length : 0,
    letterShare: share(/\p{L}/u),
    upperCaseShare: share(/\p{Lu}/u),
    digitShare: share(/\p{Nd}/u),
    punctuationShare: share(/\p{P}/u),
    whiteSpaceShare: share(/\s/u),
    nonAsciiShare: share(/[^\0-\x7f]/u),
    vocabularyShare:
      words.length > 0 ? new Set(words.map((word) => word.toLowerCase())).size / words.length : 0,
    links: text.match(LINK)?.length ?? 0,
  }
}
