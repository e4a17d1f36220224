/** The case that round trips, previews and comparisons pretend a message belongs to; the same as that of stored cases. */
import type { OutboundContext } from './format-package.ts'

export const SAMPLE_CASE: Omit<OutboundContext['case'], 'caseNo'> = {
  taskCode: '1141000000000901362410190001000',
  scenario: 'renewal',
  receivingRegion: '411300',
  jurisdictionRegion: '410526',
  openedAt: '2026-09-30T10:12:05+08:00',
  externalIds: {},
}
