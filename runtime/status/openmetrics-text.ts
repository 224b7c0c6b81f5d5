export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export type Labels = Readonly<Record<string, string>>

/** https://prometheus.io/docs/specs/om/open_metrics_spec/: the name ends with the unit, that of a counter's samples with `_total`. */
export interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'info'
  readonly unit?: 'bytes' | 'seconds' | undefined
  readonly help: string
  readonly samples: readonly Sample[]
}

/** The text format: families that have samples, and the mark at the end by which a reader knows that it has all. */
export function metricsText(families: readonly Family[]): string {
  return `${families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join('')}# EOF\n`
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const suffix = { gauge: '', counter: '_total', info: '_info' }[type]
  const lines = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels, value }) => `${name}${suffix}${labelText(labels)} ${value}`),
  ]
  return `${lines.join('\n')}\n`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
