import type { MailKind } from '../mail-kinds.ts'

/*
 * What the mails say, in each language. A mail is: subject, greeting, `before`, the link where the kind has one, `after`,
 * and the closing. Nothing here is HTML; `layout.ts` makes both parts of it.
 */

export type Language = 'en' | 'de'

/** The first is for whoever asks for none of them. */
export const LANGUAGES: readonly Language[] = ['en', 'de']

export interface MailText {
  subject: string
  /** Paragraphs. */
  before: readonly string[]
  /** The label of the button in HTML. */
  button?: string
  after?: readonly string[]
}

export interface CommonText {
  greeting(username: string): string
  closing(service: string): string
}

const NOT_ME_EN = 'If it was not you, reset your password now, and look through your sessions.'
const NOT_ME_DE = 'Falls Sie das nicht waren, setzen Sie jetzt Ihr Passwort zurück, und prüfen Sie Ihre Sitzungen.'
/** A reset of the password leaves a second factor on, so its owner would still be kept out. */
const FACTOR_NOT_ME_EN =
  'If it was not you, reset your password now, and ask those who run the service to turn the second factor off.'
const FACTOR_NOT_ME_DE =
  'Falls Sie das nicht waren, setzen Sie jetzt Ihr Passwort zurück, und bitten Sie die Betreiber, den zweiten Faktor auszuschalten.'
const IGNORE_EN = 'If you did not ask for it, ignore this mail: nothing changes.'
const IGNORE_DE = 'Falls Sie das nicht wollten, beachten Sie diese Mail nicht: es ändert sich nichts.'

export const COMMON: Record<Language, CommonText> = {
  en: {
    greeting: (username) => `Hello ${username},`,
    closing: (service) => `This mail was sent by ${service}. Answers to it are not read.`,
  },
  de: {
    greeting: (username) => `Guten Tag ${username},`,
    closing: (service) => `Diese Mail kommt von ${service}. Antworten darauf werden nicht gelesen.`,
  },
}

export const TEXTS: Record<MailKind, Record<Language, MailText>> = {
  'verify-email': {
    en: {
      subject: 'Confirm your e-mail address',
      before: ['please confirm that this is your address. The link works for 24 hours:'],
      button: 'Confirm the address',
      after: ['If you have no account here, ignore this mail.'],
    },
    de: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      before: ['bitte bestätigen Sie, dass dies Ihre Adresse ist. Der Link gilt 24 Stunden:'],
      button: 'Adresse bestätigen',
      after: ['Falls Sie hier kein Konto haben, beachten Sie diese Mail nicht.'],
    },
  },
  'confirm-email-change': {
    en: {
      subject: 'Confirm your new e-mail address',
      before: ['this is to become the address of your account. Please confirm it; the link works for 24 hours:'],
      button: 'Confirm the new address',
      after: [IGNORE_EN],
    },
    de: {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      before: ['dies soll die Adresse Ihres Kontos werden. Bitte bestätigen Sie sie; der Link gilt 24 Stunden:'],
      button: 'Neue Adresse bestätigen',
      after: [IGNORE_DE],
    },
  },
  'email-changed': {
    en: {
      subject: 'Your e-mail address was changed',
      before: [
        'your account has another e-mail address now, and this one is no longer in use.',
        'If it was not you, bring this address back. That ends every session and the password, so that you set a new one. Where there is a link below, it works for 7 days; without one, ask those who run the service.',
      ],
      button: 'It was not me: bring it back',
    },
    de: {
      subject: 'Ihre E-Mail-Adresse wurde geändert',
      before: [
        'Ihr Konto hat jetzt eine andere E-Mail-Adresse, und diese gilt nicht mehr.',
        'Falls Sie das nicht waren, holen Sie diese Adresse zurück. Damit enden alle Sitzungen und das Passwort, und Sie setzen ein neues. Steht unten ein Link, so gilt er 7 Tage; sonst fragen Sie die Betreiber.',
      ],
      button: 'Ich war es nicht: zurückholen',
    },
  },
  'reset-password': {
    en: {
      subject: 'Set a new password',
      before: ['here you can set a new password. The link works for 30 minutes, once:'],
      button: 'Set a new password',
      after: [IGNORE_EN],
    },
    de: {
      subject: 'Setzen Sie ein neues Passwort',
      before: ['hier können Sie ein neues Passwort setzen. Der Link gilt 30 Minuten, einmal:'],
      button: 'Neues Passwort setzen',
      after: [IGNORE_DE],
    },
  },
  'set-password': {
    en: {
      subject: 'Your account: set a password',
      before: ['an account was opened for you. Set its password to begin; the link works for 7 days, once:'],
      button: 'Set the password',
    },
    de: {
      subject: 'Ihr Konto: setzen Sie ein Passwort',
      before: ['für Sie wurde ein Konto angelegt. Setzen Sie sein Passwort; der Link gilt 7 Tage, einmal:'],
      button: 'Passwort setzen',
    },
  },
  'password-changed': {
    en: { subject: 'Your password was changed', before: ['the password of your account was changed.', NOT_ME_EN] },
    de: { subject: 'Ihr Passwort wurde geändert', before: ['das Passwort Ihres Kontos wurde geändert.', NOT_ME_DE] },
  },
  'second-factor-added': {
    en: {
      subject: 'Second factor turned on',
      before: ['signing in to your account asks for a code of your authenticator app from now on.', FACTOR_NOT_ME_EN],
    },
    de: {
      subject: 'Zweiter Faktor eingeschaltet',
      before: ['die Anmeldung an Ihrem Konto verlangt ab jetzt einen Code Ihrer Authenticator-App.', FACTOR_NOT_ME_DE],
    },
  },
  'second-factor-removed': {
    en: {
      subject: 'Second factor turned off',
      before: ['signing in to your account needs no code of an authenticator app any more.', NOT_ME_EN],
    },
    de: {
      subject: 'Zweiter Faktor ausgeschaltet',
      before: ['die Anmeldung an Ihrem Konto braucht keinen Code einer Authenticator-App mehr.', NOT_ME_DE],
    },
  },
  'recovery-code-used': {
    en: {
      subject: 'A recovery code was used',
      before: ['one of your recovery codes was used to prove who is at your account.', NOT_ME_EN],
    },
    de: {
      subject: 'Ein Wiederherstellungscode wurde benutzt',
      before: ['mit einem Ihrer Wiederherstellungscodes hat sich jemand an Ihrem Konto ausgewiesen.', NOT_ME_DE],
    },
  },
  'refresh-token-reused': {
    en: {
      subject: 'A session of yours was ended',
      before: [
        'a token of one of your sessions was used twice. It may have been copied, so the session was ended; please sign in again.',
        'Where this happens again, change your password, and look for foreign programs on your devices.',
      ],
    },
    de: {
      subject: 'Eine Ihrer Sitzungen wurde beendet',
      before: [
        'ein Token einer Ihrer Sitzungen wurde zweimal benutzt. Vielleicht wurde es kopiert, deshalb wurde die Sitzung beendet; bitte melden Sie sich neu an.',
        'Geschieht das wieder, ändern Sie Ihr Passwort, und suchen Sie auf Ihren Geräten nach fremden Programmen.',
      ],
    },
  },
}
