import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Misread } from '../formats/letter.ts'
import {
  escaped,
  faultIn,
  faultOf,
  opened,
  sealed,
  textOf,
  usernameToken,
  wrongToken,
} from './soap-envelope.ts'

const NOW = Date.UTC(2026, 8, 30, 2, 12, 5)
const TOKEN = { username: 'human-resources', password: '测试 & <secret>' }

describe('a SOAP envelope of the simulators', () => {
  it('gives back what was put into it, character by character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, header) => {
        const content = `<w:x xmlns:w="urn:x"><xmlStr>${escaped(text)}</xmlStr></w:x>`
        const block = `<m:messageId xmlns:m="urn:m">${escaped(header)}</m:messageId>`
        const found = opened(sealed(content, block))
        assert.equal(found.content, content)
        assert.equal(textOf(found.content, 'xmlStr'), text.trim())
        assert.equal(textOf(found.header, 'messageId'), header.trim())
      }),
    )
  })

  it('is opened whatever its prefix, with a Body in a string inside', () => {
    const inner = '<x><![CDATA[</s:Body>]]></x>'
    const text = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>${inner}</s:Body></s:Envelope>`
    assert.equal(opened(text).content, inner)
    const bare = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body a="1">${inner}</Body></Envelope>`
    assert.equal(opened(bare).content, inner)
  })

  it('is refused where it is none, or of another version', () => {
    for (const text of [
      '',
      '{}',
      '<Envelope/>',
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"></s:Envelope>',
    ])
      assert.throws(() => opened(text), Misread, text)
  })

  it('tells a Fault from an answer', () => {
    const words = '报文内容有误：<SQRMC> & 其他'
    assert.deepEqual(faultIn(faultOf({ code: 'Client', words })), { code: 'Client', words })
    assert.equal(faultIn('<w:receiveCaseResponse><return>Fault</return></w:receiveCaseResponse>'), undefined)
  })
})

describe('a username token', () => {
  const nonce = Buffer.from('0123456789abcdef')

  it('is the digest that WS-Security asks for', () => {
    // base64(SHA-1("0123456789abcdef" + "2026-09-30T02:12:05.000Z" + "secret")), computed with coreutils and openssl.
    const header = usernameToken({ username: 'u', password: 'secret' }, nonce, NOW)
    assert.equal(textOf(header, 'Created'), '2026-09-30T02:12:05.000Z')
    assert.equal(textOf(header, 'Password'), 'X5+iOKudMdv3eTRl+juVIihA1hg=')
  })

  it('is taken from who knows the password, within its window', () => {
    const header = usernameToken(TOKEN, nonce, NOW)
    assert.equal(wrongToken(header, TOKEN, NOW + 299_000), undefined)
    assert.match(wrongToken(header, TOKEN, NOW + 301_000) ?? '', /window/)
    assert.match(wrongToken(header, { ...TOKEN, password: 'other' }, NOW) ?? '', /digest/)
    assert.match(wrongToken(header, { ...TOKEN, username: 'other' }, NOW) ?? '', /user/)
    assert.match(wrongToken('', TOKEN, NOW) ?? '', /none/)
  })
})
