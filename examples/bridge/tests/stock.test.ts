// @mydocker hostname=stock
import { expect, test } from 'vitest'
import { ask, serve } from '../src/service'

test('stock and orders, both on port 8080, ask each other', async () => {
  const service = await serve('stock')
  expect(await ask('orders.mydocker')).toBe('orders')
  await service.asked
})
