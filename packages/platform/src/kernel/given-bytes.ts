/**
 * Gives the memory of bytes that nobody looks at again back at once. Left to the collector, the buffers of a stream of a
 * gigabyte make it go through the whole heap again and again, on a core that the stream needs. Only bytes that fill a buffer
 * of their own are given back; they are empty afterwards.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
