/** The hub's own interface as WSDL 1.1, with bindings of SOAP 1.1 and SOAP 1.2: one operation, for documents of any format. */
import { HUB_NAMESPACE } from '../message/fault.ts'
import { escapeAttribute } from '../xml/element.ts'

export function describeService(address: string): string {
  const location = escapeAttribute(address)
  const texts = (...names: string[]): string =>
    names.map((name) => `<xsd:element name="${name}" type="xsd:string"/>`).join('')
  const binding = (name: string, prefix: string): string =>
    `<wsdl:binding name="${name}" type="hub:Messages">
    <${prefix}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="submit">
      <${prefix}:operation soapAction="${HUB_NAMESPACE}:submit" style="document"/>
      <wsdl:input><${prefix}:body use="literal"/></wsdl:input>
      <wsdl:output><${prefix}:body use="literal"/></wsdl:output>
      <wsdl:fault name="problem"><${prefix}:fault name="problem" use="literal"/></wsdl:fault>
    </wsdl:operation>
  </wsdl:binding>`
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="HubMessages" targetNamespace="${HUB_NAMESPACE}" xmlns:hub="${HUB_NAMESPACE}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/">
  <wsdl:types>
    <xsd:schema targetNamespace="${HUB_NAMESPACE}" elementFormDefault="qualified">
      <xsd:element name="submit">
        <xsd:complexType>
          <xsd:sequence>
            <xsd:element name="idempotencyKey" minOccurs="0">
              <xsd:annotation><xsd:documentation>可选：重发时相同的键，1 至 200 个可见 ASCII 字符 / The same text each time the document is sent.</xsd:documentation></xsd:annotation>
              <xsd:simpleType><xsd:restriction base="xsd:string"><xsd:maxLength value="200"/></xsd:restriction></xsd:simpleType>
            </xsd:element>
            <xsd:choice>
              <xsd:element name="document">
                <xsd:annotation><xsd:documentation>以字符串携带的报文（XML、JSON 等），contentType 说明其媒体类型 / A document as text, of the media type in contentType.</xsd:documentation></xsd:annotation>
                <xsd:complexType><xsd:simpleContent><xsd:extension base="xsd:string"><xsd:attribute name="contentType" type="xsd:string" default="application/xml"/></xsd:extension></xsd:simpleContent></xsd:complexType>
              </xsd:element>
              <xsd:element name="xml">
                <xsd:annotation><xsd:documentation>XML 报文本身 / A document that is an XML element.</xsd:documentation></xsd:annotation>
                <xsd:complexType><xsd:sequence><xsd:any namespace="##any" processContents="skip"/></xsd:sequence></xsd:complexType>
              </xsd:element>
            </xsd:choice>
          </xsd:sequence>
        </xsd:complexType>
      </xsd:element>
      <xsd:element name="submitResponse">
        <xsd:complexType>
          <xsd:sequence>
            <xsd:element ref="hub:receipt"/>
            <xsd:element name="reply" minOccurs="0">
              <xsd:complexType><xsd:simpleContent><xsd:extension base="xsd:string"><xsd:attribute name="contentType" type="xsd:string"/></xsd:extension></xsd:simpleContent></xsd:complexType>
            </xsd:element>
          </xsd:sequence>
        </xsd:complexType>
      </xsd:element>
      <xsd:element name="receipt">
        <xsd:complexType>
          <xsd:sequence>${texts('caseNo', 'messageId', 'type')}<xsd:element name="sequence" type="xsd:int"/><xsd:element name="repeated" type="xsd:boolean"/>${texts('recordedAt', 'digest')}</xsd:sequence>
        </xsd:complexType>
      </xsd:element>
      <xsd:complexType name="Words">
        <xsd:simpleContent><xsd:extension base="xsd:string"><xsd:anyAttribute namespace="http://www.w3.org/XML/1998/namespace" processContents="skip"/></xsd:extension></xsd:simpleContent>
      </xsd:complexType>
      <xsd:element name="problem">
        <xsd:complexType>
          <xsd:sequence>
            ${texts('code')}<xsd:element name="title" type="hub:Words" minOccurs="2" maxOccurs="2"/><xsd:element name="words" type="hub:Words" maxOccurs="2"/>
            <xsd:element name="retryAfterSeconds" type="xsd:int" minOccurs="0"/>
            <xsd:element name="fault" minOccurs="0" maxOccurs="unbounded">
              <xsd:complexType>
                <xsd:sequence>
                  ${texts('code')}<xsd:element name="source" type="xsd:string" minOccurs="0"/><xsd:element name="pointer" type="xsd:string" minOccurs="0"/>
                  <xsd:element name="reason" type="hub:Words" minOccurs="2" maxOccurs="2"/><xsd:element name="facts" type="xsd:string" minOccurs="0"/>
                </xsd:sequence>
              </xsd:complexType>
            </xsd:element>
          </xsd:sequence>
        </xsd:complexType>
      </xsd:element>
    </xsd:schema>
  </wsdl:types>
  <wsdl:message name="submit"><wsdl:part name="parameters" element="hub:submit"/></wsdl:message>
  <wsdl:message name="submitResponse"><wsdl:part name="parameters" element="hub:submitResponse"/></wsdl:message>
  <wsdl:message name="problem"><wsdl:part name="problem" element="hub:problem"/></wsdl:message>
  <wsdl:portType name="Messages">
    <wsdl:operation name="submit">
      <wsdl:input message="hub:submit"/>
      <wsdl:output message="hub:submitResponse"/>
      <wsdl:fault name="problem" message="hub:problem"/>
    </wsdl:operation>
  </wsdl:portType>
  ${binding('MessagesSoap11', 'soap')}
  ${binding('MessagesSoap12', 'soap12')}
  <wsdl:service name="HubMessages">
    <wsdl:port name="Soap11" binding="hub:MessagesSoap11"><soap:address location="${location}"/></wsdl:port>
    <wsdl:port name="Soap12" binding="hub:MessagesSoap12"><soap12:address location="${location}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`
}
