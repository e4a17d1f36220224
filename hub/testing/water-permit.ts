/** For tests that connect a department of their own: an item that the shipped topology lacks, and its route to `water-resources`. */
export const WELL = '1141000000000901362410190077000'

/** Text by path, to be written beside the shipped files. */
export const WATER_PERMIT: Readonly<Record<string, string>> = {
  'topology/items/well.yaml': `
catalogCode: '410190077000'
taskCode: '${WELL}'
name: { zh: 取水许可, en: Water abstraction permit }
owner: water-resources
version: 1
effectiveFrom: 2026-01-01
statutoryDays: 20
promisedDays: 10
excludesPublicity: false
scenarios:
  - { code: initial, name: { zh: 首次申请, en: First permit }, handleItem: '${WELL}02' }
materials:
  - code: W1
    name: { zh: 取水许可申请书, en: Application form }
    medium: electronic
    originals: 1
    copies: 0
    required: true
    tolerable: false
    reviewPoints: { zh: 填写完整。, en: Complete. }
    reviewMethod: formal
    sample: none
    archive: { form: electronic, by: decider }
`,
  'topology/routes/water.yaml': `
routes:
  - { item: '${WELL}', scenarios: all, regions: all, decides: water-resources, copies: [] }
`,
}
