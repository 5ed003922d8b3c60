import { identityModel } from './identity-model.ts'

/** An endpoint `identity` on a server, which answers its own input. */
export async function deployIdentity(
  address: string,
  model = identityModel(['FP64']),
): Promise<void> {
  const post = (method: string, path: string, body: Uint8Array<ArrayBuffer> | string) =>
    fetch(`${address}/api/v1/${path}`, { method, body })
  await post('POST', 'models/identity/versions', model)
  await post('POST', 'endpoints', JSON.stringify({ name: 'identity', model: 'identity' }))
  const arms = [{ name: 'champion', model: 'models:/identity/1' }]
  await post('PUT', 'endpoints/identity/route', JSON.stringify({ arms }))
}
