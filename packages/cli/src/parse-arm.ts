import { type Arm, KaizenError } from '@kaizen/contracts'

/** `champion=models:/fraud/3:0.9`, `next=models:/fraud@candidate:shadow` or, shown a tenth, `:shadow:0.1` as an arm. */
export function parseArm(text: string): Arm {
  const match =
    /^([^=]+)=((?:models|ensembles):\/[^:]+|https?:\/\/\S+?\/v2\/models\/[^:]+)(?::(shadow(?::[0-9.]+)?|[0-9.]+))?$/.exec(
      text,
    )
  const [, name, model, share] = match ?? []
  if (name === undefined || model === undefined) {
    throw new KaizenError('INVALID_REQUEST', `"${text}" is not an arm`, {
      hint: 'Write NAME=models:/MODEL/VERSION:WEIGHT, or :shadow instead of a weight; or NAME=ensembles:/ENSEMBLE, NAME=https://HOST/v2/models/MODEL or grpcs://….',
    })
  }
  if (share?.startsWith('shadow')) {
    return { name, model, mode: 'shadow', weight: Number(share.split(':')[1] ?? 1) }
  }
  return { name, model, mode: 'live', weight: share === undefined ? 1 : Number(share) }
}
