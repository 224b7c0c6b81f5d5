/** Text on any of these backgrounds has a contrast of at least 4.5 (WCAG 2.2 AA), in both modes; see test/unit/html-report.test.ts. */
export const COLOURS = {
  light: {
    background: '#ffffff',
    surface: '#f6f8fa',
    text: '#1f2328',
    muted: '#59636e',
    line: '#d1d9e0',
    link: '#0550ae',
    waiting: '#818b98',
    starting: '#d4a72c',
    running: '#218bff',
    stopping: '#8250df',
    failed: '#cf222e',
    good: '#1a7f37',
    fair: '#9a6700',
    'on-running': '#0d1117',
    'on-failed': '#ffffff',
    'on-badge': '#ffffff',
  },
  dark: {
    background: '#0d1117',
    surface: '#151b23',
    text: '#f0f6fc',
    muted: '#9198a1',
    line: '#3d444d',
    link: '#79b8ff',
    waiting: '#7d8590',
    starting: '#d29922',
    running: '#4493f8',
    stopping: '#ab7df8',
    failed: '#ff7b72',
    good: '#3fb950',
    fair: '#d29922',
    'on-running': '#0d1117',
    'on-failed': '#0d1117',
    'on-badge': '#0d1117',
  },
} as const

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}

export const STYLE = `
:root{color-scheme:light dark;${variables(COLOURS.light)}}
@media (prefers-color-scheme:dark){:root{${variables(COLOURS.dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--background);color:var(--text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:28px 24px 64px}
h1{font-size:24px;line-height:1.25;margin:0;font-weight:650}
h2{font-size:16px;margin:40px 0 12px;font-weight:650}
h3{font-size:13px;margin:18px 0 6px;font-weight:600;color:var(--muted)}
h4{font-size:12px;margin:0 0 4px;font-weight:600;color:var(--muted)}
p{margin:6px 0}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
.muted{color:var(--muted)}
.bad{color:var(--failed)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:20px 0 0;padding:0;list-style:none}
.tiles li{flex:1 1 150px;min-width:0;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tiles b{display:block;font-size:20px;line-height:1.3;font-weight:650;font-variant-numeric:tabular-nums}
.tiles li>span{color:var(--muted);font-size:12.5px;display:block;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 10px;padding:0;list-style:none;font-size:12.5px;color:var(--muted)}
.legend i{display:inline-block;width:14px;height:10px;border-radius:2px;margin-right:6px}
.legend i.p{height:2px;vertical-align:4px}
i.p{background:var(--waiting)}i.s{background:var(--starting)}i.r{background:var(--running)}i.e{background:var(--stopping)}i.f{background:var(--failed)}
.chart{display:grid;grid-template-columns:52px minmax(0,1fr);column-gap:10px}
.chart svg{overflow:visible;display:block}
.labels,.plot{width:100%}
.plot a>svg{overflow:hidden;pointer-events:none}
.plot rect{shape-rendering:geometricPrecision}
rect.p{fill:var(--waiting)}rect.s{fill:var(--starting)}rect.r{fill:var(--running)}rect.e{fill:var(--stopping)}rect.f{fill:var(--failed)}
.plot a:hover rect{filter:brightness(1.15)}
.plot a>svg text{font-size:11.5px;fill:var(--on-running)}
.plot rect.f~svg text{fill:var(--on-failed)}
.mark{fill:var(--background);stroke:var(--failed);stroke-width:2}
.tick{font-size:11.5px;fill:var(--muted);font-variant-numeric:tabular-nums}
.grid{stroke:var(--line);stroke-width:1;opacity:.65}
.base{stroke:var(--line)}
.area{fill:var(--running);opacity:.22}
.edge{fill:none;stroke:var(--running);stroke-width:1.5;vector-effect:non-scaling-stroke}
.limit{stroke:var(--text);stroke-dasharray:5 4}
.limit-label{font-size:11.5px;fill:var(--text)}
.memory{display:grid;grid-template-columns:fit-content(26em) minmax(80px,1fr) max-content;gap:6px 16px;align-items:center;margin:0;padding:0;list-style:none}
.memory li{display:contents}
.memory a{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.amount{font-variant-numeric:tabular-nums;white-space:nowrap}
.meter{display:block;height:10px;border-radius:5px;background:var(--surface);border:1px solid var(--line);overflow:hidden}
.meter i{display:block;height:100%}
.plenty i{background:var(--running)}.fair i{background:var(--starting)}.tight i{background:var(--fair)}.killed i{background:var(--failed)}
.oom{color:var(--failed);font-size:12px}
.filters{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 10px}
.filters[hidden]{display:none}
.filters input,.filters select{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:5px 10px;max-width:100%}
.filters input{flex:1 1 240px}
.filters output{color:var(--muted);margin-left:auto}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.scroll{overflow-x:auto}
table{border-collapse:collapse}
.pods{width:100%;min-width:820px}
.pods>thead th{position:sticky;top:0;background:var(--background);text-align:left;font-size:12.5px;color:var(--muted);font-weight:600;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
.pods th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
.pods th[aria-sort] button{color:var(--text)}
.pods th[aria-sort=ascending] button::after{content:" ↑"}
.pods th[aria-sort=descending] button::after{content:" ↓"}
.pods>tbody>tr>td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top;font-variant-numeric:tabular-nums;white-space:nowrap}
.pods>tbody>tr:first-child>td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:240px}
.pods .meter{display:inline-block;width:84px;vertical-align:-1px}
.pods .meter+.amount{margin:0 6px 0 10px}
.pods>tbody:hover>tr:first-child{background:var(--surface)}
.pods>tbody:target>tr:first-child>td:first-child{box-shadow:inset 3px 0 var(--link)}
summary{cursor:pointer}
summary::marker{color:var(--muted)}
.badge{display:inline-block;border-radius:10px;padding:0 8px;font-size:12px;line-height:20px;font-weight:600;color:var(--on-badge);background:var(--muted)}
.badge.succeeded{color:var(--good);background:none;box-shadow:inset 0 0 0 1px}
.badge.failed{background:var(--failed);color:var(--on-failed)}
.badge.flaky{background:var(--fair)}
.badge.running{background:var(--link)}
.pods>tbody>.more{display:none;background:var(--surface)}
.pods>tbody.open>.more{display:table-row}
.pods>tbody>.more>td{white-space:normal;padding:12px 16px 16px 28px}
.message{white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 12px;max-width:100ch}
.facts{display:flex;flex-wrap:wrap;gap:16px 36px}
.facts section{max-width:100%;overflow-x:auto}
.facts td,.facts th{text-align:left;padding:2px 14px 2px 0;font-size:13px;font-weight:400;vertical-align:top}
.facts th{color:var(--muted);font-size:12px;white-space:nowrap}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin:0;font-size:13px}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
footer{margin-top:40px;color:var(--muted);font-size:12.5px}
@media (max-width:760px){
main{padding:18px 14px 40px}
.chart{grid-template-columns:40px minmax(0,1fr);column-gap:6px}
.odd{display:none}
.memory{display:block}
.memory li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;padding:6px 0}
.memory .meter{grid-row:2;grid-column:1/-1}
.more>td{padding-left:12px}
}
@media print{.filters{display:none}.scroll{overflow:visible}}
`

/** Where no script runs. With one it is a class: for thousands of rows the browser takes seconds over `:has` whenever one of them moves. */
export const STYLE_WITHOUT_SCRIPT =
  '.pods>tbody:has(details[open])>.more{display:table-row}@supports not selector(:has(a)){.pods>tbody>.more{display:table-row}}'
