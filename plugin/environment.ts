/** `env` of a PodSpec. */
export interface PodEnvironment {
  /** Start from the little that Node, Vitest and the shell need instead of from everything that Vitest's own pools pass on. */
  readonly clean: boolean
  readonly set: Readonly<Record<string, string>>
}

/**
 * What `env: 'clean'` keeps of the environment of Vitest's process: where programs, home and temporary files are, language and
 * time zone, how to print, how Node is configured, and what Vitest tells its workers.
 */
const KEPT =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_.+|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|FORCE_TTY)$/
const KEPT_OF_NODE_AND_VITEST = /^(NODE_.+|VITEST|VITEST_.+|VITE_.+|TEST|MODE|BASE_URL|DEV|PROD|SSR)$/
/**
 * What Bazel's test encyclopedia lets every test have besides (https://bazel.build/reference/test-encyclopedia#initial-conditions): where
 * programs and temporary files are. HOME, USER, LANG and TZ are there too, but set by Bazel, the same for everybody; here they are
 * those of whoever has started Vitest.
 */
const GIVEN = /^(PATH|TMPDIR|PWD|SHLVL)$/

/** Whether a hermetic test may read a variable that its project does not set: it says nothing of the machine, or Node and Vitest have set it. */
export function isGivenToTests(name: string): boolean {
  return GIVEN.test(name) || KEPT_OF_NODE_AND_VITEST.test(name)
}

/**
 * @param inherited what Vitest gives the workers of this project: its own environment, its variables, and `test.env`
 * @param configured names in `test.env`: a clean environment keeps what the user wrote there
 */
export function podEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  { clean, set }: PodEnvironment,
  configured: ReadonlySet<string>,
): Record<string, string> {
  const kept = (name: string): boolean =>
    !clean || KEPT.test(name) || KEPT_OF_NODE_AND_VITEST.test(name) || configured.has(name)
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && kept(name)) environment[name] = String(value)
  }
  return { ...environment, ...set }
}

/** The environment of a program that has nothing to do with Vitest: where programs, home and temporary files are, language and time zone. */
export function programEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(inherited).flatMap(([name, value]) =>
    value !== undefined && KEPT.test(name) ? [[name, value]] : [],
  )
  return { ...Object.fromEntries(kept), ...set }
}
