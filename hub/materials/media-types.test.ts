import assert from 'node:assert/strict'
import { fitsType, mediaTypeOf, USUAL_MEDIA_TYPES } from './media-types.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('media types', () => {
  it('are read without parameters, in lower case, or not at all', () => {
    assert.equal(mediaTypeOf('Text/Plain; charset=GBK'), 'text/plain')
    for (const wrong of ['', 'pdf', 'a/b/c', '图/像', 'a b/c', `a/${'b'.repeat(200)}`])
      assert.equal(mediaTypeOf(wrong), undefined, wrong)
  })

  const good: readonly (readonly [string, string])[] = [
    ['application/pdf', '%PDF-1.7'],
    ['application/pdf', `${'x'.repeat(1000)}%PDF-1.4`],
    ['application/ofd', 'PK\x03\x04'],
    ['application/zip', 'PK\x05\x06'],
    ['image/jpeg', '\xff\xd8\xff\xe0'],
    ['image/png', '\x89PNG\r\n\x1a\n'],
    ['image/tiff', 'II*\0'],
    ['image/bmp', 'BM'],
    ['application/msword', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
    ['application/xml', '\xef\xbb\xbf \n<?xml version="1.0"?>'],
    ['application/xml', '\xff\xfe<\0?\0'],
    ['text/plain', '\xd0\xcb'],
    ['text/plain', ''],
    ['video/mp4', 'what nobody knows passes'],
  ]
  for (const [type, head] of good)
    it(`takes ${JSON.stringify(head.slice(-12))} for ${type}`, () => assert.ok(fitsType(bytes(head), type)))

  const bad: readonly (readonly [string, string])[] = [
    ['application/pdf', '<html>'],
    ['application/pdf', ''],
    ['application/ofd', '%PDF-1.7'],
    ['image/png', '\xff\xd8\xff'],
    ['application/xml', 'PK\x03\x04'],
    ['text/plain', 'a\0b'],
    ['video/mp4', 'MZ\x90'],
    ['text/plain', '#!/bin/sh'],
    ['application/zip', '\x7fELF'],
  ]
  for (const [type, head] of bad)
    it(`does not take ${JSON.stringify(head)} for ${type}`, () => assert.ok(!fitsType(bytes(head), type)))

  it('that are taken unless told otherwise are written as they are kept', () => {
    for (const type of USUAL_MEDIA_TYPES) assert.equal(mediaTypeOf(type), type)
  })
})
