/** The inverse mapping, written by hand: what the compiled one is measured against. */
import { decode, instant, isoDay } from './functions.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents of any shape, as a mapping sees them
type In = any
type Out = Record<string, unknown>

/** A list, whether it came as one, as a single value or not at all. */
function listOf(value: In): readonly In[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function numberOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

function trimmed(value: string | undefined): string | undefined {
  return value === undefined ? undefined : value.replace(/[ \t\n\r]+/g, ' ').trim()
}

function before(text: string | undefined, mark: string): string | undefined {
  if (text === undefined) return undefined
  const at = text.indexOf(mark)
  return at === -1 ? text : text.slice(0, at)
}

function after(text: string | undefined, mark: string): string | undefined {
  if (text === undefined) return undefined
  const at = text.indexOf(mark)
  return at === -1 ? text : text.slice(at + mark.length)
}

export function fromDepartment(input: In): Out {
  const materials: Out[] = []
  const paperCodes: unknown[] = []
  for (const material of listOf(input.Materials)) {
    if (material.SubmitType === '2' && material.MaterialCode !== undefined)
      paperCodes.push(material.MaterialCode)
    materials.push(materialFrom(material))
  }
  const head = input.Head
  const external: Out = {}
  external.system = 'department'
  const externalvalue = head?.SourceNo
  if (externalvalue !== undefined) external.value = externalvalue
  const result: Out = {}
  const resultcaseId = head?.CaseNo
  if (resultcaseId !== undefined) result.caseId = resultcaseId
  result.externalIds = [external]
  const resultsubmittedAt = instant(head?.MsgTime)
  if (resultsubmittedAt !== undefined) result.submittedAt = resultsubmittedAt
  const resultchannel = decode('channel', head?.Channel)
  if (resultchannel !== undefined) result.channel = resultchannel
  result.simulated = head?.Simulated === '1'
  result.item = itemFrom(input.Item)
  result.applicant = applicantFrom(input.Applicant)
  const resultagent = input.Agent === undefined ? undefined : agentFrom(input.Agent)
  if (resultagent !== undefined) result.agent = resultagent
  result.regions = regionsFrom(input.Region)
  result.form = formFrom(input.Form)
  result.deadlines = deadlinesFrom(input.Deadline)
  result.delivery = deliveryFrom(input.Delivery)
  result.paperCodes = paperCodes
  result.materials = materials
  return result
}

function itemFrom(i: In): Out {
  const department: Out = {}
  const departmentcode = i?.DeptCode
  if (departmentcode !== undefined) department.code = departmentcode
  const departmentname = i?.DeptName
  if (departmentname !== undefined) department.name = departmentname
  const departmentcreditCode = i?.DeptCreditCode
  if (departmentcreditCode !== undefined) department.creditCode = departmentcreditCode
  const out: Out = {}
  const outtaskCode = i?.ItemCode
  if (outtaskCode !== undefined) out.taskCode = outtaskCode
  const outname = i?.ItemName
  if (outname !== undefined) out.name = outname
  const outversion = numberOf(i?.ItemVersion)
  if (outversion !== undefined) out.version = outversion
  const outtype = decode('item-type', i?.ItemType)
  if (outtype !== undefined) out.type = outtype
  const outcaseType = i?.HandleForm
  if (outcaseType !== undefined) out.caseType = outcaseType
  const outbusinessCode = i?.BusinessCode
  if (outbusinessCode !== undefined) out.businessCode = outbusinessCode
  const outcatalogCode = i?.CatalogCode
  if (outcatalogCode !== undefined) out.catalogCode = outcatalogCode
  const outpromiseDays = numberOf(i?.PromiseDays)
  if (outpromiseDays !== undefined) out.promiseDays = outpromiseDays
  const outlegalDays = numberOf(i?.LegalDays)
  if (outlegalDays !== undefined) out.legalDays = outlegalDays
  out.department = department
  return out
}

function applicantFrom(a: In): Out {
  const certificate: Out = {}
  const certificatetype = decode('certificate', a?.CertType)
  if (certificatetype !== undefined) certificate.type = certificatetype
  const certificatenumber = a?.CertNo?.toUpperCase()
  if (certificatenumber !== undefined) certificate.number = certificatenumber
  const certificatevalidFrom = isoDay(a?.CertValidFrom)
  if (certificatevalidFrom !== undefined) certificate.validFrom = certificatevalidFrom
  const certificatevalidTo = a?.CertValidTo === '长期' ? null : isoDay(a?.CertValidTo)
  if (certificatevalidTo !== undefined) certificate.validTo = certificatevalidTo
  const hasArea = a?.Phone?.includes('-') === true
  const contact: Out = {}
  const contactmobile = a?.Mobile
  if (contactmobile !== undefined) contact.mobile = contactmobile
  const contactareaCode = hasArea ? before(a.Phone, '-') : undefined
  if (contactareaCode !== undefined) contact.areaCode = contactareaCode
  const contactphone = hasArea ? after(a.Phone, '-') : a?.Phone
  if (contactphone !== undefined) contact.phone = contactphone
  const contactemail = a?.Email?.toLowerCase()
  if (contactemail !== undefined) contact.email = contactemail
  const address: Out = {}
  const addressprovince = a?.Province
  if (addressprovince !== undefined) address.province = addressprovince
  const addresscity = a?.City
  if (addresscity !== undefined) address.city = addresscity
  const addresscounty = a?.County
  if (addresscounty !== undefined) address.county = addresscounty
  const addressstreet = a?.Street
  if (addressstreet !== undefined) address.street = addressstreet
  const addressdetail = after(a?.Address, a?.Street)
  if (addressdetail !== undefined) address.detail = addressdetail
  const addresspostcode = a?.PostCode
  if (addresspostcode !== undefined) address.postcode = addresspostcode
  const out: Out = {}
  const outkind = decode('applicant-kind', a?.Kind)
  if (outkind !== undefined) out.kind = outkind
  const outname = a?.Name
  if (outname !== undefined) out.name = outname
  out.certificate = certificate
  const outgender = decode('gender', a?.Gender)
  if (outgender !== undefined) out.gender = outgender
  const outnation = decode('nation', a?.Nation)
  if (outnation !== undefined) out.nation = outnation
  const outbirthday = isoDay(a?.Birthday)
  if (outbirthday !== undefined) out.birthday = outbirthday
  out.contact = contact
  out.address = address
  const outorganisation = a?.Kind === '2' ? organisationFrom(a) : undefined
  if (outorganisation !== undefined) out.organisation = outorganisation
  return out
}

function organisationFrom(a: In): Out {
  const representative: Out = {}
  const representativename = a.LegalRep
  if (representativename !== undefined) representative.name = representativename
  const representativecertificate = a.LegalRepCert
  if (representativecertificate !== undefined) representative.certificate = representativecertificate
  const out: Out = {}
  const outname = a.Name
  if (outname !== undefined) out.name = outname
  const outtype = decode('org-type', a.OrgType)
  if (outtype !== undefined) out.type = outtype
  const outcreditCode = a.CreditCode
  if (outcreditCode !== undefined) out.creditCode = outcreditCode
  out.legalRepresentative = representative
  return out
}

function agentFrom(a: In): Out {
  const certificate: Out = {}
  const certificatetype = decode('certificate', a.CertType)
  if (certificatetype !== undefined) certificate.type = certificatetype
  const certificatenumber = a.CertNo
  if (certificatenumber !== undefined) certificate.number = certificatenumber
  const authorisation: Out = {}
  const authorisationfrom = isoDay(a.ProxyFrom)
  if (authorisationfrom !== undefined) authorisation.from = authorisationfrom
  const authorisationto = isoDay(a.ProxyTo)
  if (authorisationto !== undefined) authorisation.to = authorisationto
  const out: Out = {}
  const outname = a.Name
  if (outname !== undefined) out.name = outname
  out.certificate = certificate
  const outmobile = a.Mobile
  if (outmobile !== undefined) out.mobile = outmobile
  const outrelation = decode('relation', a.Relation)
  if (outrelation !== undefined) out.relation = outrelation
  out.authorisation = authorisation
  return out
}

function regionsFrom(r: In): Out {
  const operator: Out = {}
  const operatorname = r?.AcceptOperator
  if (operatorname !== undefined) operator.name = operatorname
  const operatornumber = r?.AcceptOperatorNo
  if (operatornumber !== undefined) operator.number = operatornumber
  const receiving: Out = {}
  const receivingcode = r?.AcceptCode
  if (receivingcode !== undefined) receiving.code = receivingcode
  const receivingname = r?.AcceptName
  if (receivingname !== undefined) receiving.name = receivingname
  const receivingwindow = r?.AcceptWindow
  if (receivingwindow !== undefined) receiving.window = receivingwindow
  receiving.operator = operator
  const jurisdiction: Out = {}
  const jurisdictioncode = r?.BelongCode
  if (jurisdictioncode !== undefined) jurisdiction.code = jurisdictioncode
  const jurisdictionname = r?.BelongName
  if (jurisdictionname !== undefined) jurisdiction.name = jurisdictionname
  const out: Out = {}
  out.receiving = receiving
  out.jurisdiction = jurisdiction
  const outmode = decode('cross-mode', r?.CrossMode)
  if (outmode !== undefined) out.mode = outmode
  return out
}

function formFrom(f: In): Out {
  const premises: Out = {}
  const premisesaddress = f?.Premises
  if (premisesaddress !== undefined) premises.address = premisesaddress
  const premisescertificate = f?.PremisesCert
  if (premisescertificate !== undefined) premises.certificate = premisescertificate
  const out: Out = {}
  const outtitle = f?.Title
  if (outtitle !== undefined) out.title = outtitle
  const outpurpose = decode('purpose', f?.Purpose)
  if (outpurpose !== undefined) out.purpose = outpurpose
  const outarea = f?.Area === undefined ? undefined : String(f.Area)
  if (outarea !== undefined) out.area = outarea
  const outamount = f?.Amount === undefined ? undefined : f.Amount / 100
  if (outamount !== undefined) out.amount = outamount
  const outstartDate = isoDay(f?.StartDate)
  if (outstartDate !== undefined) out.startDate = outstartDate
  const outendDate = isoDay(f?.EndDate)
  if (outendDate !== undefined) out.endDate = outendDate
  out.premises = premises
  const outemployees = f?.Employees
  if (outemployees !== undefined) out.employees = outemployees
  const outremark = trimmed(f?.Remark)
  if (outremark !== undefined) out.remark = outremark
  out.scope = f?.Scope === undefined ? [] : f.Scope.split(';')
  return out
}

function deadlinesFrom(d: In): Out {
  const out: Out = {}
  const outaccept = instant(d?.AcceptBy)
  if (outaccept !== undefined) out.accept = outaccept
  const outdecide = instant(d?.DecideBy)
  if (outdecide !== undefined) out.decide = outdecide
  const outpromise = instant(d?.PromiseBy)
  if (outpromise !== undefined) out.promise = outpromise
  out.paused = d?.Paused === 'Y'
  return out
}

function deliveryFrom(d: In): Out {
  const express: Out = {}
  const expresscompany = d?.Express
  if (expresscompany !== undefined) express.company = expresscompany
  const expressnumber = d?.ExpressNo
  if (expressnumber !== undefined) express.number = expressnumber
  const out: Out = {}
  const outmode = decode('delivery', d?.Mode)
  if (outmode !== undefined) out.mode = outmode
  const outreceiver = d?.Receiver
  if (outreceiver !== undefined) out.receiver = outreceiver
  const outmobile = d?.ReceiverMobile
  if (outmobile !== undefined) out.mobile = outmobile
  const outaddress = d?.ReceiverAddress ? { detail: d.ReceiverAddress } : undefined
  if (outaddress !== undefined) out.address = outaddress
  out.express = express
  return out
}

function materialFrom(m: In): Out {
  const issuer: Out = {}
  const issuername = m.IssuedBy
  if (issuername !== undefined) issuer.name = issuername
  const source: Out = {}
  const sourcekind = decode('material-source', m.Source)
  if (sourcekind !== undefined) source.kind = sourcekind
  const sourcelicenceNumber = m.LicenceNo
  if (sourcelicenceNumber !== undefined) source.licenceNumber = sourcelicenceNumber
  source.issuer = issuer
  const files: Out[] = []
  for (const file of listOf(m.Files)) files.push(fileFrom(file))
  const out: Out = {}
  const outcode = m.MaterialCode
  if (outcode !== undefined) out.code = outcode
  const outname = m.MaterialName
  if (outname !== undefined) out.name = outname
  out.required = m.Required === '1'
  const outform = decode('material-form', m.SubmitType)
  if (outform !== undefined) out.form = outform
  const outcopies = m.Copies
  if (outcopies !== undefined) out.copies = outcopies
  const outpages = m.Pages
  if (outpages !== undefined) out.pages = outpages
  out.source = source
  const outcollectedAt = instant(m.CollectTime)
  if (outcollectedAt !== undefined) out.collectedAt = outcollectedAt
  out.files = files
  return out
}

function fileFrom(f: In): Out {
  const digest: Out = {}
  const digestsm3 = f.FileMd5
  if (digestsm3 !== undefined) digest.sm3 = digestsm3
  const out: Out = {}
  const outid = f.FileId
  if (outid !== undefined) out.id = outid
  const outname = before(f.FileName, '.')
  if (outname !== undefined) out.name = outname
  const outextension = after(f.FileName, '.')
  if (outextension !== undefined) out.extension = outextension
  const outsize = f.FileSize
  if (outsize !== undefined) out.size = outsize
  out.digest = digest
  const outmediaType = f.MediaType
  if (outmediaType !== undefined) out.mediaType = outmediaType
  return out
}
