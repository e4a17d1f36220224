/** Made-up cases. Names, numbers and addresses belong to nobody. */

/** A canonical case with `count` materials. */
export function aCase(count: number): Record<string, unknown> {
  return {
    caseId: '410100-20261123-000001',
    externalIds: [{ system: 'zhengzhou', value: 'ZZ2026112300001' }],
    submittedAt: '2026-11-23T08:30:00+08:00',
    channel: 'window',
    simulated: true,
    item: {
      taskCode: '11410100MB1234567X4000115001000',
      name: '食品经营许可（新办）',
      version: 3,
      type: 'licence',
      caseType: '2',
      businessCode: '11410100MB1234567X400011500100001',
      catalogCode: '000115001000',
      promiseDays: 7,
      legalDays: 20,
      department: { code: '410100MB1', name: '市场监督管理局', creditCode: '11410100MB1234567X' },
    },
    applicant: {
      kind: 'organisation',
      name: '郑州某某餐饮有限公司',
      certificate: { type: 'credit-code', number: '91410100ma00000x0x', validFrom: '2020-05-01' },
      nation: 'han',
      birthday: '1990-01-01',
      contact: { mobile: '13800000000', areaCode: '0371', phone: '60000000', email: 'Someone@Example.com' },
      address: {
        province: '河南省',
        city: '郑州市',
        county: '金水区',
        street: '某某街道',
        detail: '1号楼2单元',
        postcode: '450000',
      },
      organisation: {
        name: '郑州某某餐饮有限公司',
        type: 'company',
        creditCode: '91410100MA00000X0X',
        legalRepresentative: { name: '某某', certificate: '410101199001010000' },
      },
    },
    agent: {
      name: '某甲',
      certificate: { type: 'resident-id', number: '41010119900101000x' },
      mobile: '13900000000',
      relation: 'employee',
      authorisation: { from: '2026-11-01', to: '2026-12-31' },
    },
    regions: {
      receiving: {
        code: '410300',
        name: '洛阳市',
        window: '通办窗口3',
        operator: { name: '某乙', number: 'LY003' },
      },
      jurisdiction: { code: '410100', name: '郑州市' },
      mode: 'collect',
    },
    form: {
      title: '食品经营许可申请书',
      purpose: 'new',
      area: '120.5',
      amount: 50.25,
      startDate: '2026-12-01',
      endDate: '2031-11-30',
      premises: { address: '河南省郑州市金水区某某街道1号', certificate: '豫（2020）第000001号' },
      employees: 12,
      remark: '  请尽快  办理 ',
      scope: ['热食类', '冷食类', '自制饮品'],
    },
    deadlines: {
      accept: '2026-11-30T18:00:00+08:00',
      decide: '2026-12-21T18:00:00+08:00',
      promise: '2026-12-02T18:00:00+08:00',
      paused: false,
    },
    delivery: {
      mode: 'post',
      address: { province: '河南省', city: '洛阳市', detail: '某路3号' },
      express: { company: 'EMS', number: 'EM000000000CN' },
    },
    materials: Array.from({ length: count }, (_, i) => aMaterial(i)),
  }
}

function aMaterial(i: number): Record<string, unknown> {
  return {
    code: `M${100 + i}`,
    name: `申请材料第${i + 1}项`,
    required: i % 3 !== 2,
    form: ['electronic', 'paper', 'licence'][i % 3],
    copies: 1 + (i % 2),
    pages: 3 + i,
    source:
      i % 3 === 2
        ? { kind: 'library', licenceNumber: `JY1410100000${i}`, issuer: { name: '市场监督管理局' } }
        : { kind: 'applicant' },
    collectedAt: `2026-11-23T08:${String(10 + i).padStart(2, '0')}:00+08:00`,
    files: Array.from({ length: 1 + (i % 2) }, (_, j) => ({
      id: `f-${i}-${j}`,
      name: `材料${i}-${j}`,
      extension: 'pdf',
      size: 1024 * (i + 1),
      digest: { sm3: '0123456789abcdef0123456789abcdef' },
      mediaType: 'application/pdf',
    })),
  }
}
