import type { Tensor, Tensors } from '../../runtime/index.ts'

/** Inputs as the log may keep them: named columns are missing (NaN), 0 or empty. What is computed is another matter. */
export function redacted(inputs: Tensors, columns: ReadonlySet<string>, rows: number): Tensors {
  const kept: Record<string, Tensor> = {}
  for (const [name, tensor] of Object.entries(inputs))
    kept[name] = withoutColumns(name, tensor, { columns, rows })
  return kept
}

function withoutColumns(
  name: string,
  tensor: Tensor,
  { columns, rows }: { readonly columns: ReadonlySet<string>; readonly rows: number },
): Tensor {
  const width = rows > 0 ? tensor.data.length / rows : 0
  const whole = columns.has(name)
  const hidden = Array.from({ length: width }, (_, i) => whole || columns.has(`${name}[${i}]`))
  if (!hidden.includes(true)) return tensor
  const data = tensor.data.slice() as { [place: number]: unknown; readonly length: number }
  const nothing = emptyOf(tensor)
  for (let i = 0; i < data.length; i++) if (hidden[i % width]) data[i] = nothing
  return { ...tensor, data: data as Tensor['data'] }
}

function emptyOf({ datatype }: Tensor): string | number | bigint {
  if (datatype === 'BYTES') return ''
  if (datatype === 'FP32' || datatype === 'FP64') return Number.NaN
  // A half-precision NaN, as its bits are held.
  if (datatype === 'FP16') return 0x7e00
  return datatype === 'INT64' || datatype === 'UINT64' ? 0n : 0
}
