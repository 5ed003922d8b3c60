import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { type HtmlNode, safeChildren } from './safe-html.tsx'

const text = (content: string): HtmlNode => ({
  nodeType: 3,
  nodeName: '#text',
  textContent: content,
  childNodes: [],
})
const element = (
  nodeName: string,
  childNodes: readonly HtmlNode[],
  attributes: Readonly<Record<string, string>> = {},
): HtmlNode => ({
  nodeType: 1,
  nodeName,
  textContent: childNodes.map((child) => child.textContent).join(''),
  childNodes,
  getAttribute: (name) => attributes[name] ?? null,
})
const render = (...nodes: readonly HtmlNode[]) =>
  renderToStaticMarkup(createElement('div', null, ...safeChildren(element('BODY', nodes))))

describe('safe HTML', () => {
  it('keeps the elements of Markdown, and drops every attribute', () => {
    const cell = element('TD', [text('<b>')], { onclick: 'x()', style: 'a' })
    expect(render(element('TABLE', [element('TBODY', [element('TR', [cell])])]))).toBe(
      '<div><table><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table></div>',
    )
    expect(render(element('BR', []), element('P', [text('x')]))).toBe('<div><br/><p>x</p></div>')
  })

  it('shows what is in elements that only hold others, and nothing of scripts and styles', () => {
    const inner = element('P', [text('x'), element('SCRIPT', [text('run()')])])
    const held = element('DIV', [element('SECTION', [inner], { onclick: 'x()' })])
    expect(render(held, element('STYLE', [text('p {}')]))).toBe('<div><p>x</p></div>')
  })

  it.each(['IFRAME', 'IMG', 'OBJECT', 'SVG', 'FORM'])('shows of %s its text only', (tag) => {
    expect(render(element(tag, [text('x<y')], { src: 'https://example.org' }))).toBe(
      '<div>x&lt;y</div>',
    )
  })

  it('links to web addresses only', () => {
    const link = (href: string) => render(element('A', [text('x')], { href }))
    expect(link('https://example.org/')).toContain('href="https://example.org/"')
    for (const href of ['javascript:alert(1)', ' javascript:x', 'data:text/html,x', '//x', '']) {
      expect(link(href)).toBe('<div>x</div>')
    }
  })
})
