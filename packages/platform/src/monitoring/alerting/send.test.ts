import { describe, expect, it } from 'vitest'
import { Sender } from './send.ts'

const telling = {
  event: 'opened' as const,
  at: 0,
  id: 'x',
  alert: {
    id: 'a',
    monitor: 'm',
    rule: 'r',
    metric: 'm',
    severity: 'info' as const,
    state: 'open' as const,
    message: '',
    value: null,
    threshold: null,
    note: '',
    acknowledgedBy: null,
    assignee: null,
    comments: 0,
    openedAt: 0,
    resolvedAt: null,
    windowFrom: 0,
    windowTo: 0,
  },
}

describe('channels do not reach inside', () => {
  it('refuses them in every spelling, and by name', async () => {
    const sender = new Sender({ allowInner: false })
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '127.1', '[::1]', 'localhost']) {
      const target = {
        kind: 'webhook' as const,
        mode: 'structured' as const,
        url: `http://${host}:9/hook`,
      }
      await expect(sender.send(target, telling), host).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
    const mail = {
      kind: 'email' as const,
      host: 'localhost',
      port: 25,
      secure: false,
      from: 'a@example.org',
      to: ['b@example.org'],
    }
    await expect(sender.send(mail, telling)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('names the host and not the rest of the address when it fails', async () => {
    const sender = new Sender({ allowInner: true })
    const target = { kind: 'slack' as const, url: 'http://127.0.0.1:9/services/tok3n' }
    const failure = await sender.send(target, telling).catch((error: Error) => error)
    expect(String(failure)).toContain('127.0.0.1: ECONNREFUSED')
    expect(String(failure)).not.toContain('tok3n')
  })
})
