/** Messages of open-inference.proto as the loader gives them: 64-bit integers are text, absent lists empty. */
export interface InferParameter {
  readonly parameter_choice?: keyof Omit<InferParameter, 'parameter_choice'>
  readonly bool_param?: boolean
  readonly int64_param?: string
  readonly string_param?: string
  readonly double_param?: number
  readonly uint64_param?: string
}
export type InferParameters = Readonly<Record<string, InferParameter>>

export interface InferTensorContents {
  readonly bool_contents?: readonly boolean[]
  readonly int_contents?: readonly number[]
  readonly int64_contents?: readonly string[]
  readonly uint_contents?: readonly number[]
  readonly uint64_contents?: readonly string[]
  readonly fp32_contents?: readonly number[]
  readonly fp64_contents?: readonly number[]
  readonly bytes_contents?: readonly Uint8Array[]
}
export type ContentsField = keyof InferTensorContents

export interface InferInputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly (string | number)[]
  readonly parameters: InferParameters
  readonly contents: InferTensorContents | null
}

export interface ModelInferRequest {
  /** Bytes of the message that it was read from. */
  messageBytes?: number
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly parameters: InferParameters
  readonly inputs: readonly InferInputTensor[]
  readonly outputs: readonly { readonly name: string; readonly parameters: InferParameters }[]
  readonly raw_input_contents: readonly Uint8Array[]
}

export interface InferOutputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly contents?: InferTensorContents
}

export interface ModelInferResponse {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly outputs: readonly InferOutputTensor[]
  readonly raw_output_contents: readonly Uint8Array[]
}

export interface NamedVersion {
  readonly name: string
  readonly version: string
}
export interface RepositoryRequest {
  readonly model_name: string
  readonly parameters: Readonly<Record<string, unknown>>
}
