import { createElement, Fragment, type ReactNode } from 'react'
import './safe-html.css'

/** What is read of a parsed document. */
export interface HtmlNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly textContent: string | null
  readonly childNodes: ArrayLike<HtmlNode>
  getAttribute?(name: string): string | null
}

const textNode = 3
const elementNode = 1
const tags = new Set(
  'p h1 h2 h3 h4 h5 h6 ul ol li strong em code pre blockquote hr br table thead tbody tr th td'.split(
    ' ',
  ),
)
const empty = new Set(['hr', 'br'])
/** Elements that only hold others: what is in them is shown. */
const holders = new Set(
  'div section article main header footer aside nav figure figcaption center span font'.split(' '),
)
/** What a browser would not show either. */
const unseen = new Set(['script', 'style', 'template', 'title'])

/** Text of the server's, rendered by elements of a closed list without attributes; links lead to web addresses only. */
export function SafeHtml({ html }: { readonly html: string }) {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  return <div className="safe-html">{safeChildren(body)}</div>
}

export const safeChildren = (parent: HtmlNode): readonly ReactNode[] =>
  Array.from(parent.childNodes, safeNode)

function safeNode(node: HtmlNode, key: number): ReactNode {
  if (node.nodeType === textNode) return node.textContent
  if (node.nodeType !== elementNode) return null
  const tag = node.nodeName.toLowerCase()
  const href = node.getAttribute?.('href') ?? ''
  if (tag === 'a' && /^https?:\/\//i.test(href)) {
    return (
      <a key={key} className="link" href={href} target="_blank" rel="noreferrer noopener">
        {safeChildren(node)}
      </a>
    )
  }
  if (unseen.has(tag)) return null
  if (holders.has(tag)) return createElement(Fragment, { key }, ...safeChildren(node))
  // What is not on the list shows its text, and nothing else of it.
  if (!tags.has(tag)) return node.textContent
  return createElement(tag, { key }, ...(empty.has(tag) ? [] : safeChildren(node)))
}
