/** What is used of jstat, which brings no types and is CommonJS. https://jstat.github.io/distributions.html */
declare module 'jstat' {
  const jstat: {
    readonly beta: {
      /** Quantile of the beta distribution. */
      inv(probability: number, alpha: number, beta: number): number
    }
    readonly hypgeom: {
      /** Probability of `k` successes among `n` drawn of `N`, of which `m` are successes. */
      pdf(k: number, N: number, m: number, n: number): number
    }
  }
  export default jstat
}
