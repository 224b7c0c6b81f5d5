import { doctor } from '../doctor/index.ts'
import type { DoctorOptions } from './doctor-options.ts'
import { formatReport } from './doctor-table.ts'

/** @returns the exit status: 0 where containers can run, be it with less than could be */
export async function showDoctor({ json }: DoctorOptions): Promise<number> {
  const report = await doctor()
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report))
  return report.canRun ? 0 : 1
}
