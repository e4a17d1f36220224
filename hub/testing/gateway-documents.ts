/** Documents as a gateway-json system writes them, for tests that come in by the front door. All people are made up. */

/** Valid by its check digit (GB 11643), of nobody. */
export const RESIDENT_ID = '410101190001010015'
export const CONSTRUCTOR = '1141000000000901362410190001000'

const NAMES = [
  '审查表',
  '资格证书',
  '学历证明',
  '身份证',
  '聘用劳动合同',
  '继续教育合格证明',
  '单位资质证书',
  '注册证书',
  '增项专业资格考试合格证',
  '解聘证明',
  '企业名称变更函',
  '劳动仲裁裁决书或司法判决书',
]

export interface SubmissionWishes {
  readonly requestNo: string
  readonly projectNo?: string
  /** Last two digits of the handling item: 01 renewal, 02 initial, 03 change … */
  readonly scenario?: string
  readonly receiving?: string
  readonly jurisdiction?: string
  /** Fields of the body to set, or to leave out where undefined. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Names of materials to leave out. */
  readonly without?: readonly string[]
}

export function submission(wishes: SubmissionWishes): {
  head: Record<string, unknown>
  body: Record<string, unknown>
} {
  const { requestNo, scenario = '01', receiving = '411300', jurisdiction = receiving, without = [] } = wishes
  return {
    head: { requestNo, apiCode: 'CASE_APPLY', version: '1.0' },
    body: {
      projectNo: wishes.projectNo ?? `P-${requestNo}`,
      taskCode: CONSTRUCTOR,
      taskHandleItem: `${CONSTRUCTOR}${scenario}`,
      taskVersion: '1',
      projectType: '2',
      applyType: '1',
      applyDate: '2026-09-30 10:12:05',
      applyerType: '1',
      applyerName: '测试甲',
      applyerPageType: '111',
      applyerPageCode: RESIDENT_ID,
      contactMobile: '13800000001',
      acceptAreaCode: `${receiving}000000`,
      handleAreaCode: `${jurisdiction}000000`,
      materials: NAMES.filter((name) => !without.includes(name)).map((materialName, index) => ({
        materialName,
        getType: '3',
        getNum: '1',
        files: [{ fileId: `F${index + 1}`, name: `${materialName}.ofd`, size: 182044 }],
      })),
      ...wishes.body,
    },
  }
}

/** A message about a case: `apiCode` such as DEPT_ACCEPT, with the body's own fields. */
export function following(
  apiCode: string,
  requestNo: string,
  caseNo: string,
  body: Readonly<Record<string, unknown>> = {},
) {
  return { head: { requestNo, apiCode, version: '1.0' }, body: { unifiedNo: caseNo, ...body } }
}

export const accepted = (requestNo: string, caseNo: string) =>
  following('DEPT_ACCEPT', requestNo, caseNo, {
    acceptDate: '2026-10-09 09:00:00',
    acceptDocNo: 'SL-0001',
    orgCode: '',
    orgName: '测试市住房和城乡建设局',
    handleUserName: '李测试',
  })
