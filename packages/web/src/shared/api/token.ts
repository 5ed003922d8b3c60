const key = 'kaizen.token'

/** The bearer token of this browser tab, where the server asks for one. */
export const bearerToken = (): string | null => sessionStorage.getItem(key)

export function keepToken(token: string | null): void {
  if (token) sessionStorage.setItem(key, token)
  else sessionStorage.removeItem(key)
}
