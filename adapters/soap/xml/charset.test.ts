import assert from 'node:assert/strict'
import { CharsetRefused, decodeXml, mediaTypeOf } from './charset.ts'

const GBK = Buffer.from([0xb2, 0xe2, 0xca, 0xd4, 0xbc, 0xd7])
const UTF8 = Buffer.from('测试甲')

describe('charset of XML', () => {
  const read: readonly (readonly [title: string, bytes: Buffer, contentType: string | undefined])[] = [
    ['UTF-8 where nothing is declared', UTF8, undefined],
    ['the charset of the content type', GBK, 'text/xml; charset=GBK'],
    ['a quoted charset', GBK, 'application/soap+xml; charset="gb18030"; action="x"'],
    ['GB 2312 as its superset', GBK, 'text/xml;charset=gb2312'],
  ]
  for (const [title, bytes, contentType] of read) {
    it(`reads ${title}`, () => assert.equal(decodeXml(bytes, contentType), '测试甲'))
  }

  const declaration = (encoding: string): Buffer =>
    Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>`)

  it('reads by the XML declaration where the content type names no charset', () => {
    assert.match(decodeXml(Buffer.concat([declaration('GBK'), GBK]), 'text/xml'), /测试甲$/)
  })

  it('believes the content type before the XML declaration', () => {
    assert.match(decodeXml(Buffer.concat([declaration('GBK'), UTF8]), 'text/xml; charset=utf-8'), /测试甲$/)
  })

  it('drops a byte order mark', () => {
    assert.equal(decodeXml(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), UTF8]), 'text/xml'), '测试甲')
  })

  const refused: readonly (readonly [string, Buffer, string])[] = [
    ['GBK bytes declared as UTF-8', GBK, 'text/xml; charset=utf-8'],
    ['half a character of GBK', GBK.subarray(0, 5), 'text/xml; charset=gbk'],
    ['UTF-16', Buffer.from('<a/>', 'utf16le'), 'text/xml; charset=utf-16'],
    ['UTF-7', UTF8, 'text/xml; charset=utf-7'],
    ['a name of the Object prototype', UTF8, 'text/xml; charset=__proto__'],
  ]
  for (const [title, bytes, contentType] of refused) {
    it(`refuses ${title}`, () => assert.throws(() => decodeXml(bytes, contentType), CharsetRefused))
  }

  it('reads the media type without its parameters', () => {
    assert.equal(mediaTypeOf(' Text/XML ; charset=x'), 'text/xml')
    assert.equal(mediaTypeOf(undefined), '')
  })
})
