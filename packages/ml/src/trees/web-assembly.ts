/** The part of the WebAssembly interface that is used here; the compiler's library set lacks it. */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, WasmMemory>>,
  ) => { readonly exports: unknown }
}

/** Linear memory in pages of 64 KiB. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

/** A compiled module. */
export type WasmModule = object

export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyInterface })
  .WebAssembly

/** Bytes of a module: https://webassembly.github.io/spec/core/binary/index.html */
export type Code = readonly number[]

export const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]

export const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]

/** A part of a module under its number. */
export const section = (id: number, content: Code): Code => [
  id,
  ...unsigned(content.length),
  ...content,
]

/** ASCII text of less than 128 bytes. */
export const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)]
