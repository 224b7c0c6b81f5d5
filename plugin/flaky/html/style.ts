/** What the page of a sweep has besides what that of a run has (runtime/status/html/style.ts). */
export const FLAKY_STYLE = `
:root{--c0:#cf222e;--c1:#9a6700;--c2:#0550ae;--c3:#1a7f37;--c4:#8250df}
@media (prefers-color-scheme:dark){:root{--c0:#ff7b72;--c1:#d29922;--c2:#79b8ff;--c3:#3fb950;--c4:#ab7df8}}
.tests{width:100%;min-width:640px}
.tests th{text-align:left;font-size:12.5px;color:var(--muted);font-weight:600;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
.tests td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top;font-variant-numeric:tabular-nums;white-space:nowrap}
.tests td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:240px}
.tests tbody tr:hover{background:var(--surface)}
.tests a{color:var(--text)}
.tests a:hover{color:var(--link)}
.badge{white-space:nowrap;vertical-align:1px}
.badge.v-stable-pass{color:var(--good);background:none;box-shadow:inset 0 0 0 1px}
.badge.v-not-run{color:var(--muted);background:none;box-shadow:inset 0 0 0 1px}
.badge.v-flaky,.badge.v-order-dependent{background:var(--fair)}
.badge.v-resource-affected{background:var(--link)}
.badge.v-stable-fail{background:var(--failed);color:var(--on-failed)}
.finding{border-top:1px solid var(--line);margin-top:36px}
.finding h2{margin-top:24px;overflow-wrap:anywhere}
.finding p{overflow-wrap:anywhere}
.finding:target h2{box-shadow:-6px 0 var(--background),-9px 0 var(--link)}
.evidence{margin:8px 0;padding-left:20px;max-width:100ch}
.command{display:flex;gap:8px;align-items:stretch}
.command code{flex:1;min-width:0;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:6px 10px;overflow-x:auto;white-space:pre;font-size:13px}
.copy{font:inherit;font-size:13px;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:0 12px;cursor:pointer}
.copy[hidden]{display:none}
.charts{display:flex;flex-wrap:wrap;gap:16px 32px;margin:16px 0}
figure{margin:0;min-width:0;max-width:100%;flex:1 1 320px}
figcaption{font-size:12.5px;color:var(--muted);margin-bottom:6px}
.heat{border-spacing:3px;border-collapse:separate;width:100%;max-width:420px;table-layout:fixed}
.heat th{font-size:12px;font-weight:500;color:var(--muted);text-align:center}
.heat th[scope=row]{text-align:right;padding-right:6px}
.heat td{height:40px;text-align:center;border-radius:4px;font-variant-numeric:tabular-nums;line-height:1.2;background:color-mix(in srgb,var(--failed) calc(var(--failed-share)*.5),color-mix(in srgb,var(--good) calc((100% - var(--failed-share))*.28),var(--surface)))}
.heat td.untried{background:none;box-shadow:inset 0 0 0 1px var(--line)}
.heat td span{display:block;font-size:11.5px}
.curves{width:100%;max-width:420px;display:block}
.band{opacity:.1;stroke:none}
.curve{fill:none;stroke-width:2}
.band.c0,.dot.c0{fill:var(--c0)}.band.c1,.dot.c1{fill:var(--c1)}.band.c2,.dot.c2{fill:var(--c2)}.band.c3,.dot.c3{fill:var(--c3)}.band.c4,.dot.c4{fill:var(--c4)}
.curve.c0{stroke:var(--c0)}.curve.c1{stroke:var(--c1);stroke-dasharray:7 3}.curve.c2{stroke:var(--c2);stroke-dasharray:2 3}.curve.c3{stroke:var(--c3);stroke-dasharray:9 3 2 3}.curve.c4{stroke:var(--c4)}
i.c0{background:var(--c0)}i.c1{background:var(--c1)}i.c2{background:var(--c2)}i.c3{background:var(--c3)}i.c4{background:var(--c4)}
.strip{display:flex;flex-wrap:wrap;gap:3px;margin:0;padding:0;list-style:none;position:relative}
.strip li{width:18px;height:18px;border-radius:4px;font-size:13px;line-height:18px;text-align:center;background:var(--surface);box-shadow:inset 0 0 0 1px var(--line);cursor:default}
.strip .passed{background:color-mix(in srgb,var(--good) 45%,var(--surface))}
.strip .failed{background:var(--failed);color:var(--on-failed);box-shadow:none}
.strip li:hover::after,.strip li:focus::after{content:attr(aria-label);position:absolute;left:0;right:0;top:100%;margin-top:4px;z-index:1;text-align:left;background:var(--text);color:var(--background);border-radius:6px;padding:4px 10px;font-size:12.5px;line-height:1.5;pointer-events:none}
.messages{margin:0;padding:0;list-style:none}
.messages li{display:flex;gap:8px}
pre{margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:12.5px;max-width:110ch}
.attempt{margin:4px 0;border:1px solid var(--line);border-radius:6px;padding:6px 12px}
.attempt summary{overflow-wrap:anywhere}
.tests tr[hidden]{display:none}
`
