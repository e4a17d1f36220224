/** The registration system's own books of codes, as far as it writes or reads them here. */

/** majorCode: the qualification, and the implementing code of its item. */
export const MAJORS = {
  JZS2: '1141000000000901362410190001000',
  ZJS2: '1141000000000901362410190002000',
} as const

/** regType: kind of registration. */
export const REGISTRATIONS = {
  '11': 'initial',
  '12': 'renewal',
  '13': 'change',
  '14': 'addition',
  '15': 'reissue',
  '19': 'cancellation',
} as const

/** idKind: resident identity card; other systems write 111 or 10. */
export const RESIDENT_ID = '01'
