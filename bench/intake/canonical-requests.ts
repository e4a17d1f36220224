/** The same applications as the floor gets them: already canonical, so that it has nothing to convert. */
import type { CanonicalData } from '../../hub/contract/canonical.ts'
import { readDeployment } from '../../simulators/deployment.ts'
import type { Submission } from '../../simulators/formats/letter.ts'
import { application, REGION } from './applications.ts'
import { rawRequest } from './raw-request.ts'

export function canonicalRequests(first: number, count: number): Buffer[] {
  const known = readDeployment()
  const nowMs = Date.now()
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const ownNo = `${REGION}-BENCH-${String(number).padStart(8, '0')}`
    const body = Buffer.from(JSON.stringify(canonicalOf(application(known, number, nowMs), ownNo)))
    return rawRequest('/', { 'content-type': 'application/json' }, body)
  })
}

function canonicalOf(
  { item, applicant, window, ...rest }: Submission,
  ownNo: string,
): CanonicalData['case.submitted'] {
  return {
    projectNo: ownNo,
    projectType: '2',
    item: {
      taskCode: item.taskCode,
      taskHandleItem: item.handleItem,
      catalogCode: item.catalogCode,
      taskVersion: item.version,
      name: item.name,
      scenario: item.scenario,
    },
    applicant: {
      type: '1',
      name: applicant.name,
      certificate: { type: '111', number: applicant.residentId },
      mobile: applicant.mobile,
      address: applicant.address,
    },
    channel: '1',
    appliedAt: time(rest.appliedAt),
    receiving: {
      regionCode: rest.receivingRegion,
      hallId: window.hallId,
      hallName: window.hallName,
      windowId: window.windowId,
      operatorId: window.clerk.id,
      operatorName: window.clerk.name,
      receivedAt: time(rest.receivedAt),
    },
    jurisdiction: { regionCode: rest.jurisdictionRegion },
    materials: rest.materials.map(({ code, name, originals, copies, files }) => ({
      code,
      name,
      medium: 'electronic',
      originals,
      copies,
      collected: true,
      files: files.map(({ id, name: file, size, sm3 }) => ({
        id,
        name: file,
        size,
        digest: { algorithm: 'sm3', value: sm3 },
      })),
    })),
    delivery: { mode: 'receiving-window' },
  }
}

/** `2026-09-30T10:12:05+08:00` */
function time(epochMs: number): string {
  return `${new Date(epochMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
}
