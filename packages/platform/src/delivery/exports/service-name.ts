/** A model's name as a DNS label (RFC 1035), which names of services and units may be. */
export function serviceName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
  return /^[a-z]/.test(plain) ? plain : `model-${plain}`.replace(/-$/, '')
}
