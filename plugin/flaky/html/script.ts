/** Search, filters, and copying a command. It has no text of the sweep in it, so that nothing has to be escaped for it. */
export const SCRIPT = `
const filters = document.querySelector('.filters')
const [search, verdict, cause] = filters.querySelectorAll('input, select')
const count = filters.querySelector('output')
const tests = [...document.querySelector('.tests').tBodies[0].rows].map((row) => ({
  row,
  text: row.cells[0].textContent.toLowerCase(),
}))

function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let shown = 0
  for (const { row, text } of tests) {
    const fits =
      (!verdict.value || row.dataset.verdict === verdict.value) &&
      (!cause.value || row.dataset.cause === cause.value) &&
      words.every((word) => text.includes(word))
    row.hidden = !fits
    if (fits) shown++
  }
  count.textContent = shown === tests.length ? tests.length + ' tests' : shown + ' of ' + tests.length + ' tests'
}

for (const button of document.querySelectorAll('.copy')) {
  if (!navigator.clipboard) continue
  button.hidden = false
  button.onclick = async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent)
    button.textContent = 'Copied'
  }
}
filters.hidden = false
filters.onsubmit = (event) => event.preventDefault()
filters.oninput = filter
filter()
`
