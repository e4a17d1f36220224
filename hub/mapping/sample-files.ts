/** Files that test cases, round trips, previews and comparisons pretend to have: the same for the same number, every time. */
import type { MaterialsDeclaration } from './format-declaration.ts'
import type { FileTexts } from './format-package.ts'

export function sampleFiles(materials: MaterialsDeclaration | undefined): FileTexts {
  switch (materials?.as) {
    case 'url':
      return {
        url: (id) => `https://hub.example/v1/files/${id.slice(id.lastIndexOf(':') + 1)}?signature=sample`,
      }
    case 'base64':
      return { base64: (id) => Buffer.from(`sample content of ${id}`).toString('base64') }
    default:
      return {}
  }
}
