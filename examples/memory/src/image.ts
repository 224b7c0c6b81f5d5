const bytesPerPixel = 4

export interface Image {
  readonly width: number
  readonly height: number
  readonly pixels: Buffer
}

export function blank(width: number, height: number): Image {
  return { width, height, pixels: Buffer.alloc(width * height * bytesPerPixel, 0xff) }
}

/** Takes every `factor`th pixel of every `factor`th row. */
export function shrink({ width, height, pixels }: Image, factor: number): Image {
  const small = blank(Math.floor(width / factor), Math.floor(height / factor))
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const from = (y * factor * width + x * factor) * bytesPerPixel
      pixels.copy(small.pixels, (y * small.width + x) * bytesPerPixel, from, from + bytesPerPixel)
    }
  }
  return small
}
