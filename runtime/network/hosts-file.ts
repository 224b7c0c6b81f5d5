import { closeSync, fchmodSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Names of the containers of a run end in it. */
const DOMAIN = 'mydocker'

/**
 * The names of a run's containers (hosts(5)), on top of the host's own. It is mounted into them, and so is only ever changed in
 * place: one that runs sees who comes and goes.
 */
export class HostsFile {
  readonly path: string
  readonly #fd: number
  /** Bytes of the host's. */
  readonly #begin: number
  #end: number
  #names = 0

  constructor(path: string) {
    this.path = path
    this.#fd = openSync(path, 'wx')
    // Everybody inside reads it, whoever they are.
    fchmodSync(this.#fd, 0o644)
    this.#begin = writeSync(this.#fd, ofHost(), 0)
    this.#end = this.#begin
  }

  /**
   * Gives an address the names `hostname.mydocker` and `hostname`.
   * @returns takes them back
   */
  add(address: string, hostname: string): () => void {
    const place = this.#end
    this.#end += writeSync(this.#fd, `${address} ${hostname}.${DOMAIN} ${hostname}\n`, place)
    this.#names++
    let isThere = true
    return () => {
      if (isThere) this.#remove(place)
      isThere = false
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** One byte makes a comment of a line, so nobody ever reads half of it. */
  #remove(place: number): void {
    this.#names--
    if (this.#names > 0) {
      writeSync(this.#fd, '#', place)
      return
    }
    // Nobody is left whom a shorter file could confuse.
    ftruncateSync(this.#fd, this.#begin)
    this.#end = this.#begin
  }
}

function ofHost(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8').replace(/\n*$/, '\n')
  } catch {
    return '127.0.0.1 localhost\n::1 localhost\n'
  }
}
