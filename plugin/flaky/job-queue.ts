/** Something to be run. */
export interface Job {
  /** Containers of equal kinds are made ahead for one another. */
  readonly kind: string
  /** How far its file has got: those that are behind go first. */
  readonly stage: number
}

/** Jobs that wait. All files get on equally, so that a sweep that is ended early has looked at each; beyond that, jobs of one kind follow one another. */
export class JobQueue<J extends Job> {
  readonly #jobs: J[] = []
  #kind: string | undefined

  get size(): number {
    return this.#jobs.length
  }

  add(job: J): void {
    this.#jobs.push(job)
  }

  clear(): void {
    this.#jobs.length = 0
  }

  take(): J | undefined {
    const stage = Math.min(...this.#jobs.map((job) => job.stage))
    const candidates = this.#jobs.filter((job) => job.stage === stage)
    const counts = new Map<string, number>()
    for (const { kind } of candidates) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (this.#kind === undefined || !counts.has(this.#kind))
      this.#kind = [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
    const index = this.#jobs.findIndex((job) => job.stage === stage && job.kind === this.#kind)
    return index < 0 ? undefined : this.#jobs.splice(index, 1)[0]
  }

  /** @returns how many more of this kind there are among those that go first */
  left({ kind, stage }: Job): number {
    return this.#jobs.filter((job) => job.kind === kind && job.stage === stage).length
  }
}
