import { childrenOf, commandLine } from '../support/zygote.ts'

/** The processes that live as long as Vitest does. */
export const roles = ['main', 'zygote', 'launcher', 'janitor'] as const
export type Role = (typeof roles)[number]

/** Their pids; Vitest's own pools have main only. */
export type Roles = Readonly<Partial<Record<Role, number>>>

export function rolesOf(main: number): Roles {
  const children = childrenOf(main).map((pid) => ({ pid, words: commandLine(pid) }))
  const found = Object.entries(signs).map(([role, sign]) => [role, children.find(({ words }) => sign.test(words))?.pid])
  return { main, ...Object.fromEntries(found.filter(([, pid]) => pid !== undefined)) }
}

/** In their command lines. */
const signs: Readonly<Record<Exclude<Role, 'main'>, RegExp>> = {
  zygote: /zygote-process/,
  launcher: /mydocker-init\0launcher\0/,
  janitor: /mydocker-init\0janitor\0/,
}
