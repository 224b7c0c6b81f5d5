import { EventEmitter } from 'node:events'
import { afterEach, expect, test } from 'vitest'

// The listener is removed by a signal after each test.
const bus = new EventEmitter()
let off: () => void = () => {}
afterEach(() => off())
function listen(listener: (message: string) => void): void {
  bus.on('message', listener)
  off = () => bus.off('message', listener)
}

test('hears one message', () => {
  const heard: string[] = []
  listen((message) => heard.push(message))
  bus.emit('message', 'a')
  expect(heard).toEqual(['a'])
})

test('has one listener at a time', () => {
  listen(() => {})
  expect(bus.listenerCount('message')).toBe(1)
})
