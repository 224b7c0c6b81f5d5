import { parseHTML } from 'linkedom'

/** An image in a page follows the reader's own light or dark mode; nothing but this rule can tell it. */
const STYLE = 'svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #f0f6fc } }'

/** For Plot, which wants a page. */
export function emptyDocument(): ReturnType<typeof parseHTML>['document'] {
  return parseHTML('<!doctype html><html><body></body></html>').document
}

/** What is used of an element; TypeScript's own types of the DOM are a browser's. */
interface Svg {
  setAttribute(name: string, value: string): void
  insertAdjacentHTML(position: 'afterbegin', html: string): void
  readonly outerHTML: string
}

/** What Plot has drawn, as a file of its own. */
export function standalone(svg: Svg, title: string): string {
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.insertAdjacentHTML('afterbegin', `<title>${title}</title><style>${STYLE}</style>`)
  return svg.outerHTML
}
