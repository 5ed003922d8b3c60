import { largestCodeDiff } from '@kaizen/contracts/code-diff-limit'

/** Names of files that hold secrets by custom. */
const secretNames =
  /(^|\/)(\.env(\..*)?|\.netrc|\.npmrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx|jks|keystore)|.*(secret|credential|password).*)$/i
/** Text that is a secret by its form: keys in PEM, of clouds and code hosts, and values that are named so. */
const secretText =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\b(api[_-]?key|secret|token|passw(or)?d)\b["']?\s*[:=]\s*["'][^"'\s]{8,}["']/i

export interface CodeDiff {
  readonly diff?: string
  readonly diffOmits?: string[]
}

/**
 * What is kept of a difference: whole files, as many as have room, none that looks like a secret.
 * @param text as `git diff` says it
 */
export function keptDiff(text: string): CodeDiff {
  let diff = ''
  const omitted: string[] = []
  for (const part of text.split(/^(?=diff --git )/m)) {
    if (!part.startsWith('diff --git ')) continue
    const name = nameOf(part)
    const isSecret = secretNames.test(name) || secretText.test(part)
    if (isSecret || diff.length + part.length > largestCodeDiff) omitted.push(name)
    else diff += part
  }
  return {
    ...(diff === '' ? {} : { diff }),
    ...(omitted.length === 0 ? {} : { diffOmits: omitted }),
  }
}

/** The name after the change, or before it for a file that is gone. */
function nameOf(part: string): string {
  const [, after] = /^\+\+\+ b\/(.*)$/m.exec(part) ?? []
  const [, before] = /^--- a\/(.*)$/m.exec(part) ?? []
  const [, head] = /^diff --git a\/.* b\/(.*)$/m.exec(part) ?? []
  return (after ?? before ?? head ?? 'a file').replace(/\t$/, '')
}
