import { Html, html } from './html.ts'

const style = new Html(`
:root { color-scheme: light dark; --ground: #eef1f4; --paper: #fff; --ink: #1c2733; --soft: #51606f; --line: #c9d2da;
  --accent: #1f5f8b; --on-accent: #fff; --mark: #fff3cf; --on-mark: #5a4300; --bad: #a4262c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12181f; --paper: #1b242d; --ink: #e6ecf1; --soft: #a9b6c2; --line: #3a4854;
    --accent: #7cc0ee; --on-accent: #0b1a26; --mark: #3d3210; --on-mark: #ffe6a3; --bad: #ff9a9a; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
.mark { background: var(--mark); color: var(--on-mark); padding: .5rem 1rem; text-align: center; font-size: .875rem }
main { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.5rem;
  width: min(34rem, 100% - 2rem); margin: 2rem auto }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem }
p { margin: 0 0 .75rem; overflow-wrap: anywhere }
.soft { color: var(--soft); font-size: .875rem }
.bad { color: var(--bad) }
ul { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: .75rem }
li { overflow-wrap: anywhere }
.wide, li > form > button { width: 100%; text-align: start }
button, .button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: .5rem;
  padding: .625rem .875rem; cursor: pointer; text-decoration: none; overflow-wrap: anywhere }
button:hover { border-color: var(--accent) }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end }
label { display: block; font-size: .875rem }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .5rem;
  padding: .5rem .75rem; width: 100% }
.grow { flex: 1 1 14rem }
a { color: var(--accent) }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0; font-size: .875rem }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
`)

/** A whole page, marked so that nobody takes it for Microsoft's. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title} · Simulator</title>
<style>${style}</style>
</head>
<body>
<header class="mark">Simulator — not Microsoft. Nothing here is real, and no password is asked for.</header>
<main>
${body}
</main>
</body>
</html>
`.text
}
