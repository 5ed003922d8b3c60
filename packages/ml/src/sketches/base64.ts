/** Bytes as base64 text. */
export const toBase64 = (bytes: Uint8Array): string => {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** Base64 text as bytes. */
export const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
