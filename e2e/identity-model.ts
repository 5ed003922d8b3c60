/** Element types of ONNX by their names in the Open Inference Protocol, with their numbers in onnx.proto. */
export const elementTypes = {
  BOOL: 9,
  UINT8: 2,
  UINT16: 4,
  UINT32: 12,
  UINT64: 13,
  INT8: 3,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  FP16: 10,
  FP32: 1,
  FP64: 11,
  BYTES: 8,
} as const

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
const number = (field: number, value: number): number[] => [field * 8, ...varint(value)]
const message = (field: number, ...content: readonly number[][]): number[] => {
  const bytes = content.flat()
  return [field * 8 + 2, ...varint(bytes.length), ...bytes]
}
const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value)])

/** An input or output of shape [N, 2]. */
const value = (field: number, name: string, type: number): number[] => {
  const shape = message(2, message(1, text(2, 'N')), message(1, number(1, 2)))
  return message(field, text(1, name), message(2, message(1, number(1, type), shape)))
}

type ElementType = keyof typeof elementTypes

/** An ONNX model that answers each input `TYPE`, one of each element type, unchanged as `TYPE_out`. */
export function identityModel(
  names = Object.keys(elementTypes) as readonly ElementType[],
): Uint8Array<ArrayBuffer> {
  const types = names.map((name) => [name, elementTypes[name]] as const)
  const graph = message(
    7,
    ...types.map(([name]) =>
      message(1, text(1, name), text(2, `${name}_out`), text(4, 'Identity')),
    ),
    text(2, 'identity'),
    ...types.map(([name, type]) => value(11, name, type)),
    ...types.map(([name, type]) => value(12, `${name}_out`, type)),
  )
  return Uint8Array.from([...number(1, 9), ...graph, ...message(8, text(1, ''), number(2, 17))])
}
