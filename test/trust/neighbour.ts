import { readFileSync } from 'node:fs'
import type { Container } from '../../runtime/container.ts'
import type { Engine } from '../../runtime/engine.ts'
import { firstLine, specOf } from '../support/container.ts'
import type { NeighbourFacts } from './attack.ts'

const ABSTRACT_SOCKET = 'mydocker-neighbour'
const SOCKET = '/tmp/mydocker-neighbour.socket'
const FILE = '/tmp/mydocker-neighbour'
const MEMORY_KEY = 0x6d796465

/** Has all that others must not reach, and says the port of its loopback. */
const PROGRAM = `
  use Socket;
  open(F, ">", "${FILE}") or die; print F "neighbour"; close F;
  defined shmget(${MEMORY_KEY}, 4096, 01600) or die "shmget: $!";
  sub serve { my $s; socket($s, $_[0], SOCK_STREAM, 0) && bind($s, $_[1]) && listen($s, 8) or die "listen: $!"; $s }
  @servers = (serve(PF_UNIX, pack_sockaddr_un("\\0${ABSTRACT_SOCKET}")), serve(PF_UNIX, pack_sockaddr_un("${SOCKET}")),
    serve(PF_INET, pack_sockaddr_in(0, INADDR_LOOPBACK)));
  $| = 1;
  my ($port) = unpack_sockaddr_in(getsockname($servers[2]));
  print "$port\\n";
  sleep 1 while 1;`

/** A container that runs beside those from which others try to escape. */
export class Neighbour {
  readonly #container: Container
  readonly #port: number

  static async open(engine: Engine): Promise<Neighbour> {
    const container = await engine.create(specOf(['/usr/bin/perl', '-e', PROGRAM]))
    return new Neighbour(container, Number(await firstLine(container)))
  }

  private constructor(container: Container, port: number) {
    this.#container = container
    this.#port = port
  }

  /** @param others pids of processes that are out of bounds like it */
  facts(others: readonly (number | undefined)[]): NeighbourFacts {
    return {
      pids: [this.#container.initPid, ...others].filter((pid) => pid !== undefined),
      port: this.#port,
      abstractSocket: ABSTRACT_SOCKET,
      socket: SOCKET,
      file: FILE,
      memoryKey: MEMORY_KEY,
    }
  }

  /** Whether it still runs, and nobody traces it. */
  isUnharmed(): boolean {
    const status = readFileSync(`/proc/${this.#container.initPid}/status`, 'utf8')
    return /^State:\s+[RSD]/m.test(status) && /^TracerPid:\s+0$/m.test(status)
  }

  async close(): Promise<void> {
    await this.#container.remove()
  }
}
