import {
  type ExportTarget,
  exportTargetFacts,
  exportTargets,
  type ModelVersionView,
  type SignatureVerdict,
} from '@kaizen/contracts'

export interface ExportChoice {
  readonly target: ExportTarget
  readonly about: string
  /** What a model has to be for it. */
  readonly needs: string
  readonly href: string
  readonly command: string
  readonly check: string
}

/** Targets that a version can be written for; none for a version without an ONNX file. */
export function exportChoices(
  version: Pick<ModelVersionView, 'name' | 'version' | 'modelDigest'>,
): readonly ExportChoice[] {
  if (version.modelDigest === null) return []
  const address = `/api/v1/models/${encodeURIComponent(version.name)}/versions/${version.version}/export`
  return exportTargets.map((target) => {
    const { about, sourceOnly, check } = exportTargetFacts[target]
    return {
      target,
      about,
      needs: target === 'edge' ? 'a signed version' : sourceOnly ? 'trees and linear models' : '',
      href: `${address}?to=${target}`,
      command: `kaizen export ${quoted(`models:/${version.name}/${version.version}`)} --to ${target} --out ${target}-bundle`,
      check,
    }
  })
}

/** A word of a shell. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** How each state of a signature is shown. */
export function signatureWords(state: SignatureVerdict['state']): {
  readonly tone: 'ok' | 'waiting' | 'failed'
  readonly label: string
} {
  if (state === 'verified') return { tone: 'ok', label: 'signed' }
  if (state === 'unsigned') return { tone: 'waiting', label: 'not signed' }
  return { tone: 'failed', label: state.replaceAll('-', ' ') }
}
