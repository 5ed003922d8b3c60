import { KaizenError, type TensorSpec } from '@kaizen/contracts'
import { z } from 'zod'
import { isDatatype } from '../../runtime/index.ts'

const tensorMetadata = z.object({
  name: z.string().min(1).max(1000),
  datatype: z.string(),
  shape: z.array(z.number().int()).max(32),
})
/** What another server says of a model. */
export const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()).nullish(),
  platform: z.string().nullish(),
  inputs: z.array(tensorMetadata).min(1).max(4096),
  outputs: z.array(tensorMetadata).min(1).max(4096),
})

/** @throws INVALID_MODEL for datatypes that this server does not have */
export function checkDatatypes(
  uri: string,
  { inputs, outputs }: Pick<z.output<typeof modelMetadata>, 'inputs' | 'outputs'>,
): void {
  const unknown = [...inputs, ...outputs].find(({ datatype }) => !isDatatype(datatype))
  if (unknown) throw unusable(uri, `"${unknown.name}" is ${unknown.datatype}`)
}

/** Whether a tensor of an answer is what the metadata promised. */
export const isTensorOf = (
  spec: TensorSpec,
  { datatype, shape }: { readonly datatype: string; readonly shape: readonly number[] },
): boolean =>
  datatype === spec.datatype &&
  Array.isArray(shape) &&
  shape.length === spec.shape.length &&
  spec.shape.every(
    (size, i) => Number.isSafeInteger(shape[i]) && (size === -1 || size === shape[i]),
  )

export const absent = (uri: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no model at ${uri}`, {
    hint: 'See what that server has: POST /v2/repository/index.',
  })
export const unusable = (uri: string, why: string): KaizenError =>
  new KaizenError('INVALID_MODEL', `the model ${uri} cannot be used: ${why}`)
