// @mydocker hostname=orders
import { expect, test } from 'vitest'
import { ask, serve } from '../src/service'

test('orders and stock, both on port 8080, ask each other', async () => {
  const service = await serve('orders')
  expect(await ask('stock.mydocker')).toBe('stock')
  await service.asked
})
