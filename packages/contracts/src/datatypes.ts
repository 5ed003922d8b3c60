/** Element types of tensors in the Open Inference Protocol that models take and answer. Imports nothing: threads load it. */
export const tensorDatatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const
export type TensorDatatype = (typeof tensorDatatypes)[number]
