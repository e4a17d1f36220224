/** The part of a pino logger that the API uses. */
export interface ApiLog {
  info(details: object, text: string): void
  warn(details: object, text: string): void
  error(details: object, text: string): void
}
