import assert from 'node:assert/strict'
import { Rejected } from '../../../hub/contract/errors.ts'
import { scanXml } from '../xml/scan.ts'
import { bodyFor } from './body.ts'
import type { Operation } from './partner-interface.ts'

function body(text: string, qualified = false, assumed = false): string {
  const operation: Operation = {
    name: 'receiveCase',
    input: { namespace: 'urn:w?a&b', local: 'receiveCase', qualified, assumed },
    oneWay: false,
    request: () => assert.fail('nothing is sent'),
  }
  return bodyFor({ body: new TextEncoder().encode(text), contentType: 'text/xml; charset=utf-8' }, operation)
}

describe('body of a SOAP call', () => {
  it('drops the declaration and what is around the element, and nothing else', () => {
    const element =
      '<receiveCase xmlns="urn:w?a&amp;b">\n  <xmlStr><![CDATA[<?xml version="1.0" encoding="GBK"?>]]></xmlStr>\n</receiveCase>'
    assert.equal(body(`<?xml version="1.0" encoding="GBK"?>\r\n${element}\n`), element)
  })

  it('puts an element without a namespace into that of the WSDL, alone where the schema is unqualified', () => {
    assert.equal(
      body('<?xml version="1.0"?><receiveCase a="b"><xmlStr>x</xmlStr></receiveCase>'),
      '<op:receiveCase xmlns:op="urn:w?a&amp;b" a="b"><xmlStr>x</xmlStr></op:receiveCase>',
    )
    assert.equal(body('<receiveCase/>'), '<op:receiveCase xmlns:op="urn:w?a&amp;b"/>')
    assert.equal(
      body('<receiveCase></receiveCase >'),
      '<op:receiveCase xmlns:op="urn:w?a&amp;b"></op:receiveCase>',
    )
  })

  it('with what is in it where the schema is qualified', () => {
    const text = body('<receiveCase><xmlStr>x</xmlStr></receiveCase>', true)
    assert.equal(text, '<receiveCase xmlns="urn:w?a&amp;b"><xmlStr>x</xmlStr></receiveCase>')
    assert.equal(scanXml(text).children[0]?.namespace, 'urn:w?a&b')
  })

  it('leaves an element in its namespace where that of the WSDL is only likely', () => {
    assert.equal(body('<receiveCase xmlns="urn:other"/>', false, true), '<receiveCase xmlns="urn:other"/>')
    assert.match(body('<receiveCase/>', false, true), /urn:w/)
    assert.throws(() => body('<other xmlns="urn:other"/>', false, true), Rejected)
  })

  it('takes a prefix that is free', () => {
    const text = body('<receiveCase xmlns:op="urn:1" op:a="1"><op:x/></receiveCase>')
    const root = scanXml(text)
    assert.deepEqual(
      [root.namespace, root.attributes[0]?.namespace, root.children[0]?.namespace],
      ['urn:w?a&b', 'urn:1', 'urn:1'],
    )
  })

  for (const [title, text] of [
    ['another element', '<receiveCases/>'],
    ['an element of another namespace', '<receiveCase xmlns="urn:other"/>'],
    ['an element that is in no namespace on purpose', '<receiveCase xmlns=""/>'],
    ['what is no XML', '{}'],
  ] as const)
    it(`refuses ${title}`, () => assert.throws(() => body(text), Rejected))
})
