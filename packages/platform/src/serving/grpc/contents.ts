import type { Datatype, Tensor } from '../../runtime/index.ts'
import type { WireJson } from '../wire/json.ts'
import { checkedCount, elementsOf, invalidTensor } from '../wire/tensor-json.ts'
import type { ContentsField, InferTensorContents } from './messages.ts'

/** The field of typed contents that holds each datatype; half floats have none and travel raw. */
const fieldOf: Readonly<Record<Exclude<Datatype, 'FP16'>, ContentsField>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
}
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes typed contents; nothing is rounded, wrapped or cut. @throws INVALID_TENSOR */
export function decodeContents(
  where: string,
  head: { readonly datatype: Datatype; readonly shape: readonly number[] },
  contents: InferTensorContents,
): Tensor {
  const { datatype, shape } = head
  if (datatype === 'FP16') {
    throw invalidTensor(where, 'FP16 has no typed contents', 'Send it in raw_input_contents.')
  }
  const field = fieldOf[datatype]
  const stray = (Object.keys(contents) as ContentsField[]).find(
    (other) => other !== field && (contents[other]?.length ?? 0) > 0,
  )
  if (stray) throw invalidTensor(where, `${datatype} belongs in ${field}, not in ${stray}`)
  const elements = contents[field] ?? []
  const count = checkedCount(where, shape)
  if (elements.length !== count) {
    throw invalidTensor(
      `${where}.contents`,
      `the shape [${shape.join(', ')}] holds ${count} elements, but there are ${elements.length}`,
    )
  }
  return {
    datatype,
    shape,
    data: elementsOf(`${where}.${field}`, datatype, valuesOf(where, field, elements)),
  }
}

function valuesOf(
  where: string,
  field: ContentsField,
  elements: NonNullable<InferTensorContents[ContentsField]>,
): readonly WireJson[] {
  switch (field) {
    case 'int64_contents':
    case 'uint64_contents':
      return (elements as readonly string[]).map(BigInt)
    case 'fp32_contents':
    case 'fp64_contents':
      return (elements as readonly number[]).map((value) =>
        Number.isFinite(value) ? value : String(value),
      )
    case 'bytes_contents':
      return (elements as readonly Uint8Array[]).map((bytes, i) => {
        try {
          return decoder.decode(bytes)
        } catch {
          throw invalidTensor(where, `element ${i} is not UTF-8 text`, 'ONNX strings are UTF-8.')
        }
      })
    default:
      return elements as readonly (number | boolean)[]
  }
}

/** The elements of a tensor as typed contents. */
export function encodeContents({ datatype, data }: Tensor): InferTensorContents {
  if (datatype === 'FP16') throw new TypeError('half floats have no typed contents')
  switch (datatype) {
    case 'BOOL':
      return { bool_contents: Array.from(data as Uint8Array, (bit) => bit === 1) }
    case 'BYTES':
      return { bytes_contents: (data as readonly string[]).map((text) => Buffer.from(text)) }
    case 'INT64':
    case 'UINT64':
      return { [fieldOf[datatype]]: Array.from(data as BigInt64Array, String) }
    default:
      return { [fieldOf[datatype]]: Array.from(data as Float64Array) }
  }
}
