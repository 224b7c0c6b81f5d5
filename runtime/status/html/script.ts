/**
 * What the page can do besides: search, filters, sorting, and opening a pod that a link leads to. Without it the table is whole. It has no
 * text of the run in it, so that nothing has to be escaped for it.
 */
export const SCRIPT = `
const table = document.querySelector('.pods')
const filters = document.querySelector('.filters')
const [search, phase, reason] = filters.querySelectorAll('input, select')
const count = filters.querySelector('output')
const pods = [...table.tBodies].map((body) => ({
  body,
  text: body.querySelector('summary').textContent.toLowerCase() + ' ' + body.id,
}))

function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let shown = 0
  for (const { body, text } of pods) {
    const { phase: itsPhase, reason: itsReason } = body.dataset
    const fits =
      (!phase.value || itsPhase === phase.value) &&
      (!reason.value || itsReason === reason.value) &&
      words.every((word) => text.includes(word))
    body.hidden = !fits
    if (fits) shown++
  }
  count.textContent = shown === pods.length ? pods.length + ' pods' : shown + ' of ' + pods.length + ' pods'
}

function sort(head) {
  const ascending = head.getAttribute('aria-sort') !== 'ascending'
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort')
  head.setAttribute('aria-sort', ascending ? 'ascending' : 'descending')
  const key = ({ body }) => {
    const cell = body.rows[0].cells[head.cellIndex]
    return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v)
  }
  const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b))
  const sorted = pods.map((pod) => ({ pod, value: key(pod) }))
  sorted.sort((a, b) => (ascending ? 1 : -1) * compare(a.value, b.value))
  table.append(...sorted.map(({ pod }) => pod.body))
}

function follow() {
  const body = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  const details = body?.querySelector('details')
  if (!details) return
  if (body.hidden) {
    filters.reset()
    filter()
  }
  details.open = true
  body.scrollIntoView({ block: 'center' })
}

for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement('button')
  button.type = 'button'
  button.append(...head.childNodes)
  button.onclick = () => sort(head)
  head.append(button)
}
// Of an element in a row; the event does not bubble.
const toggled = ({ target }) => target.closest('tbody').classList.toggle('open', target.open)
table.addEventListener('toggle', toggled, true)
for (const details of table.querySelectorAll('details[open]')) toggled({ target: details })
filters.hidden = false
filters.onsubmit = (event) => event.preventDefault()
filters.oninput = filter
addEventListener('hashchange', follow)
filter()
follow()
`
