import type { PersonalData } from '@kaizen/contracts'

interface Form {
  readonly kind: PersonalData['kind']
  readonly matches: (text: string) => boolean
}

const email =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)+$/iu
const phone = /^(?:\+|00)\d{1,3}[\d ()./-]{6,20}$|^\(\d{3}\) ?\d{3}-\d{4}$|^\d{3}-\d{3}-\d{4}$/u
const card = /^\d(?:[ -]?\d){12,18}$/u
/** Beginnings that issuers of cards have. */
const issuer = /^(?:4|5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)|3[0-9]|6(?:011|22|4[4-9]|5|7))/u
const iban = /^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/u
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/u
const ipv6 = /^(?=(?:.*:){2})[\da-f:]{2,39}$/iu
const socialSecurity = /^(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/u

/** Forms in the order in which a value is tried; where a kind has a checksum, it must hold. */
const forms: readonly Form[] = [
  { kind: 'email', matches: (text) => email.test(text) },
  { kind: 'us-social-security-number', matches: (text) => socialSecurity.test(text) },
  { kind: 'credit-card', matches: (text) => isCard(text) },
  { kind: 'iban', matches: (text) => passesIban(text.replaceAll(' ', '')) },
  { kind: 'ip-address', matches: (text) => ipv4.test(text) || ipv6.test(text) },
  { kind: 'phone', matches: (text) => phone.test(text) && digitsOf(text).length >= 8 },
]

const digitsOf = (text: string): string => text.replaceAll(/\D/gu, '')

const isCard = (text: string): boolean =>
  card.test(text) && issuer.test(digitsOf(text)) && passesLuhn(text)

/** The check digit of payment cards (ISO/IEC 7812-1). */
export function passesLuhn(text: string): boolean {
  const digits = digitsOf(text)
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const counted = i % 2 === 1 ? digit * 2 : digit
    sum += counted > 9 ? counted - 9 : counted
  }
  return digits.length >= 13 && sum % 10 === 0
}

/** The check digits of bank accounts: ISO 13616, by ISO 7064 MOD 97-10. */
export function passesIban(text: string): boolean {
  if (!iban.test(text)) return false
  const moved = text.slice(4) + text.slice(0, 4)
  let rest = 0
  for (const sign of moved) {
    const value = Number.parseInt(sign, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** Values of a form below this share of a column are chance. */
const leastShare = 0.05
const shownExamples = 3

/** One in ten long numbers has the check digit of a card by chance; among cards nearly all have. */
const leastPassing = 0.5

/** Kinds of personal data among distinct values of a column of text. */
export function findPersonalData(
  column: string,
  values: readonly string[],
): readonly PersonalData[] {
  const found = new Map<PersonalData['kind'], string[]>()
  for (const value of values) {
    const text = value.trim()
    const form = forms.find(({ matches }) => matches(text))
    if (form) found.set(form.kind, [...(found.get(form.kind) ?? []), text])
  }
  const longNumbers = values.filter((value) => card.test(value.trim())).length
  return [...found]
    .filter(([, matching]) => matching.length / values.length >= leastShare)
    .filter(
      ([kind, matching]) => kind !== 'credit-card' || matching.length / longNumbers >= leastPassing,
    )
    .map(([kind, matching]) => ({
      column,
      kind,
      share: matching.length / values.length,
      values: matching.length,
      examples: matching.slice(0, shownExamples).map(mask),
    }))
}

/** A value with only its first and last sign legible, and the signs that show its form. */
export const mask = (text: string): string =>
  [...text]
    .map((sign, i, all) =>
      i === 0 || i === all.length - 1 || !/[\p{L}\p{N}]/u.test(sign) ? sign : '•',
    )
    .join('')
