import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Fields, modeAttributes, PacketCutter, packet, text, uint32, uint64, WireError } from './sftp-wire.ts'

describe('packets', () => {
  it('come out of a stream as they went in, however it is cut', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 })
    fc.assert(
      fc.property(contents, fc.array(fc.nat(1_000), { maxLength: 10 }), (expected, cuts) => {
        const stream = Buffer.concat(expected.map((content) => packet(101, content)))
        const cutter = new PacketCutter(1_000)
        const found: Buffer[] = []
        let from = 0
        for (const at of [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort(
          (a, b) => a - b,
        )) {
          found.push(...cutter.push(stream.subarray(from, at)))
          from = at
        }
        assert.deepEqual(
          found.map((each) => each.toString('hex')),
          expected.map((each) => `65${Buffer.from(each).toString('hex')}`),
        )
      }),
    )
  })

  it('that are larger than allowed, or empty, are not waited for', () => {
    assert.throws(() => new PacketCutter(100).push(Buffer.of(0, 0, 0, 101)), WireError)
    assert.throws(() => new PacketCutter(100).push(Buffer.of(0xff, 0xff, 0xff, 0xff)), WireError)
    assert.throws(() => new PacketCutter(100).push(Buffer.alloc(4)), WireError)
  })

  it('hold numbers and texts', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.maxSafeNat(), fc.uint8Array(), (small, large, bytes) => {
        const fields = new Fields(Buffer.concat([uint32(small), uint64(large), text(bytes)]))
        assert.equal(fields.uint32(), small)
        assert.equal(fields.uint64(), large)
        assert.deepEqual(fields.text(), Buffer.from(bytes))
        assert.ok(fields.empty)
      }),
    )
  })

  it('that are too short are an error of their own, never bytes of others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const read of ['text', 'attributes', 'uint32', 'uint64'] as const)
          try {
            new Fields(Buffer.from(bytes))[read]()
          } catch (error) {
            assert.ok(error instanceof WireError)
          }
      }),
    )
  })

  it('hold attributes as the draft lays them out', () => {
    const all = Buffer.concat([
      uint32(0x8000000f),
      uint64(70_000),
      uint32(1000),
      uint32(1000),
      uint32(0o100644),
      uint32(1),
      uint32(1_790_000_000),
      uint32(1),
      text('name@example'),
      text('value'),
    ])
    const fields = new Fields(all)
    assert.deepEqual(fields.attributes(), { size: 70_000, mode: 0o100644, modified: 1_790_000_000 })
    assert.ok(fields.empty)
    assert.deepEqual(new Fields(modeAttributes(0o660)).attributes(), {
      size: undefined,
      mode: 0o660,
      modified: undefined,
    })
  })
})
