import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestServer } from './test-program.ts'
import { findChromium, launchBrowser } from './ui/browser.ts'
import { buildUi } from './ui/build.ts'
import { seriousViolations, watchErrors } from './ui/checks.ts'

const chromium = findChromium()
const token = 'first-token-of-the-operator'
const password = 'correct horse battery'

/** The pages of users, tokens and webhooks against the real server: what they say is done, is done. */
describe.skipIf(chromium === null)('settings pages on a server with users', () => {
  let folder: string
  let server: TestServer
  let browser: Browser
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    await buildUi()
    folder = await mkdtemp(join(tmpdir(), 'kaizen-identity-ui-'))
    const arguments_ = ['--auth', '--webhooks-to-private', '--data-dir', join(folder, 'data')]
    server = await TestServer.start(arguments_, { env: { KAIZEN_ADMIN_TOKEN: token } })
    const created = await api('POST', '/api/v1/users', { username: 'ann', password, role: 'admin' })
    expect(created.status).toBe(201)
    browser = await launchBrowser(chromium ?? '')
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(8000)
    errors = watchErrors(page)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const api = (method: string, path: string, body?: unknown, bearer = token): Promise<Response> =>
    fetch(server.address + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const open = async (tab: string): Promise<void> => {
    await page.goto(`${server.address}/settings?tab=${tab}`)
  }

  it('lets in by name and password, and says when they are wrong', async () => {
    await page.goto(`${server.address}/models`)
    const form = page.getByRole('form', { name: 'Log in with a password' })
    await form.getByLabel('Name').fill('ann')
    await form.getByLabel('Password').fill('something else')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await form.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
    await page.getByText('No model is registered yet').waitFor()
    const [session] = await page.context().cookies()
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  })

  it('creates a user, resets the password, gives and takes a permission', async () => {
    await open('users')
    const create = page.getByRole('form', { name: 'Create a user' })
    await create.getByLabel('Name').fill('bob')
    await create.getByLabel('First password').fill('short')
    await create.getByText('use at least 12 characters').waitFor()
    expect(await create.getByRole('button', { name: 'Create user' }).isDisabled()).toBe(true)
    await create.getByLabel('First password').fill('a long enough one')
    await create.getByRole('button', { name: 'Create user' }).click()
    const reset = page.getByRole('form', { name: 'New password for bob' })
    await reset.getByLabel('New password').fill('another long one')
    await reset.getByRole('button', { name: 'Reset password' }).click()
    await page.getByText('The password is set').waitFor()
    const login = (given: string) =>
      api('POST', '/api/v1/session', { username: 'bob', password: given }, 'none')
    expect((await login('a long enough one')).status).toBe(401)
    expect((await login('another long one')).status).toBe(200)
    const give = page.getByRole('form', { name: 'Give bob a permission' })
    await give.getByLabel('Id of the experiment').fill('0')
    await give.getByLabel('Permission').selectOption('DENY')
    await give.getByRole('button', { name: 'Give it' }).click()
    const held = page.getByRole('table', { name: 'Permissions of bob' })
    await held.getByText('DENY').waitFor()
    const listed = await (await api('GET', '/api/v1/users/bob/permissions')).json()
    expect(listed).toEqual({
      items: [{ kind: 'experiment', id: '0', permission: 'DENY', role: null }],
    })
    await held.getByRole('button', { name: 'Take away' }).click()
    await held.getByRole('button', { name: 'Take DENY on 0 from bob' }).click()
    await page.getByText('None beside what the role allows').waitFor()
    expect(await seriousViolations(page)).toEqual([])
  })

  it('makes a role with a member by keyboard, and the user has it', async () => {
    await open('roles')
    const create = page.getByRole('form', { name: 'Create a role' })
    await create.getByLabel('Name').fill('risk')
    await page.keyboard.press('Enter')
    const add = page.getByRole('form', { name: 'Add a member to risk' })
    await add.getByLabel('Name of the user').fill('nobody')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await add.getByLabel('Name of the user').fill('bob')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Take out bob' }).waitFor()
    const bob = await (await api('GET', '/api/v1/users/bob')).json()
    expect(bob).toMatchObject({ roles: ['risk'] })
  })

  it('shows the secret of a service account once, which works until it is revoked', async () => {
    await open('tokens')
    const create = page.getByRole('form', { name: 'Create a token' })
    await create.getByLabel('Name').fill('ci')
    await create.getByLabel('Role').selectOption('editor')
    await create.getByLabel('Ends').selectOption('7 days')
    await create.getByRole('button', { name: 'Create token' }).click()
    const secret = (await page.locator('.secret-once code').textContent()) ?? ''
    const me = () => api('GET', '/api/v1/me', undefined, secret)
    expect(await (await me()).json()).toMatchObject({ role: 'editor', username: null })
    await page.reload()
    await page.getByRole('button', { name: 'Revoke ci' }).waitFor()
    expect(await page.getByText(secret).count()).toBe(0)
    await page.getByRole('button', { name: 'Revoke ci' }).click()
    await page.getByRole('button', { name: 'Revoke ci: its users lose access' }).click()
    await page.getByText('revoked').waitFor()
    expect((await me()).status).toBe(401)
  })

  it('makes a webhook, tests it, shows its delivery, and turns it off', async () => {
    await using receiver = await startReceiver()
    await open('webhooks')
    const create = page.getByRole('form', { name: 'Create webhook' })
    await create.getByLabel('Name').fill('ci')
    await create.getByLabel('Address').fill(receiver.url)
    await create.getByLabel('REGISTERED_MODEL.CREATED').check()
    await create.getByRole('button', { name: 'Create webhook' }).click()
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('the receiver answered 204').waitFor()
    await api('POST', '/api/2.0/mlflow/registered-models/create', { name: 'fraud' })
    const deliveries = page.getByRole('table', { name: 'Deliveries' })
    await deliveries.getByText('delivered').waitFor({ timeout: 20_000 })
    expect(receiver.bodies.join()).toContain('fraud')
    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByRole('button', { name: 'Turn on' }).waitFor()
    const { webhooks } = (await (await api('GET', '/api/2.0/mlflow/webhooks')).json()) as {
      webhooks: { status: string }[]
    }
    expect(webhooks.map(({ status }) => status)).toEqual(['DISABLED'])
  })

  it('makes a token of one’s own, and logs out', async () => {
    await open('account')
    const create = page.getByRole('form', { name: 'Create a token' })
    await create.getByLabel('Name').fill('laptop')
    await create.getByRole('button', { name: 'Create token' }).click()
    const secret = (await page.locator('.secret-once code').textContent()) ?? ''
    const me = await api('GET', '/api/v1/me', undefined, secret)
    expect(await me.json()).toMatchObject({ username: 'ann' })
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    expect(errors).toEqual([])
  })
})

/** Somebody who takes events. */
async function startReceiver() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += String(part)
    bodies.push(text)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
