import { createHash } from 'node:crypto'
import { html, Markup } from './markup.ts'

/** What a page is made of. Style and script are ours: they hold no text of a run, and are not escaped. */
export interface Page {
  readonly title: string
  readonly style: string
  /** Where no script runs. */
  readonly styleWithoutScript?: string | undefined
  readonly script: string
  readonly main: Markup
}

/** A page that needs nothing else: nothing is loaded from anywhere, and no script runs but the one that is known by its digest. */
export function htmlDocument({ title, style, styleWithoutScript, script, main }: Page): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(style)}</style>
${styleWithoutScript !== undefined && html`<noscript><style>${new Markup(styleWithoutScript)}</style></noscript>`}
</head>
<body>
<main>
${main}
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`.text
}
