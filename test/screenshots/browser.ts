import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { command } from '../support/command.ts'

export interface Shot {
  /** CSS pixels. */
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

/** A picture of the upper part of a page, as Chromium shows it to who prefers this colour scheme. */
export async function shoot(page: string, picture: string, { width, height, scheme }: Shot): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'screenshot-'))
  try {
    const file = join(directory, 'page.html')
    await writeFile(file, page)
    await mkdir(dirname(picture), { recursive: true })
    await command('chromium', [
      '--headless=new',
      // Its sandbox does not start for root; the page is our own.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${join(directory, 'profile')}`,
      '--disable-gpu',
      '--hide-scrollbars',
      `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
      `--window-size=${width},${height}`,
      '--virtual-time-budget=2000',
      `--screenshot=${picture}`,
      `file://${file}`,
    ])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
