import Negotiator from 'negotiator'
import { LANGUAGES, type Language } from './templates/texts.ts'

/** The language for an Accept-Language header (RFC 9110 section 12.5.4); English where it names none of ours. */
export function languageOf(acceptLanguage: string | null | undefined): Language {
  const [preferred] = LANGUAGES
  if (!acceptLanguage) return preferred as Language
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage } })
  return (negotiator.language([...LANGUAGES]) as Language | undefined) ?? (preferred as Language)
}
