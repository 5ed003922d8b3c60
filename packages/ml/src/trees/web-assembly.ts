/** The part of the WebAssembly interface that training uses; the compiler's library set lacks it. */
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
