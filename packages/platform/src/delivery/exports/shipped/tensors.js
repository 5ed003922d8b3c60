/** Tensors of the Open Inference Protocol's JSON as onnxruntime takes and gives them. */
export const types = {
  BOOL: 'bool',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
}
const arrays = {
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  FP32: Float32Array,
  FP64: Float64Array,
}

function elements(datatype, data) {
  if (datatype === 'BYTES') return data
  if (datatype === 'BOOL') return Uint8Array.from(data, Number)
  return arrays[datatype].from(datatype.endsWith('INT64') ? data.map(BigInt) : data)
}

/** JSON carries integers beyond 2^53 as text. */
function plain(value) {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** Runs a session of onnxruntime on tensors `{ name, datatype, shape, data }` and answers the same. */
export async function run(session, Tensor, { inputs, wanted }) {
  const feeds = Object.fromEntries(
    inputs.map(({ name, datatype, shape, data }) => [
      name,
      new Tensor(types[datatype], elements(datatype, data), shape),
    ]),
  )
  const names = wanted.map(({ name }) => name)
  const answers = await session.run(feeds, names)
  return wanted.map(({ name, datatype }) => ({
    name,
    datatype,
    shape: [...answers[name].dims],
    data: Array.from(answers[name].data, datatype === 'BOOL' ? Boolean : plain),
  }))
}
