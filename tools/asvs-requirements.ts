/** Why no test shows a requirement, or what is missing although one does. */
export type Reason = `${'does not apply' | 'documented' | 'no test' | 'gap'}: ${string}`

export interface Requirement {
  id: string
  level: 1 | 2 | 3
  /** In our own words, and shorter than OWASP's. */
  requirement: string
  reason?: Reason
}

export interface Chapter {
  name: string
  requirements: Requirement[]
}

const NO_SECOND_FACTOR = 'does not apply: there is no second factor (6.3.3).'
const NO_CODES = 'does not apply: no codes or requests travel by another channel.'
const NO_PROVIDER = 'does not apply: accounts are of this service alone, no identity provider is asked.'
const NO_PAGES = 'does not apply: the service has no pages, and so no input fields.'

/**
 * OWASP ASVS 5.0.0: every requirement of level 1, those of level 2 in the chapters V6 to V9, and of the others those
 * that tests name.
 */
export const CHAPTERS: Chapter[] = [
  {
    name: 'V6 Authentication',
    requirements: [
      {
        id: '6.1.1',
        level: 1,
        requirement: 'It is documented how limits meet guessing and stuffing, and lock nobody out.',
        reason:
          'gap: the limits stand in [schema.graphql](../schema.graphql) and the [README](../README.md#settings), but the guard after 100 failed logins, and why it locks no owner out, in src/rate-limit/login-guard.ts alone.',
      },
      {
        id: '6.1.2',
        level: 2,
        requirement: 'Words of the context that passwords may not hold are documented.',
        reason:
          'gap: there is no list of such words, and the rule about username and e-mail address is not written down.',
      },
      {
        id: '6.1.3',
        level: 2,
        requirement: 'Several ways to sign in are documented with their strength.',
        reason: 'does not apply: there is one way, by password.',
      },
      { id: '6.2.1', level: 1, requirement: 'Passwords have 8 characters or more.' },
      { id: '6.2.2', level: 1, requirement: 'Users can change their password.' },
      { id: '6.2.3', level: 1, requirement: 'Changing the password asks for the current one.' },
      { id: '6.2.4', level: 1, requirement: 'New passwords are checked against the 3,000 most common ones or more.' },
      {
        id: '6.2.5',
        level: 1,
        requirement: 'Passwords may be composed in any way.',
        reason: 'gap: below 15 characters a password needs a letter and a digit.',
      },
      { id: '6.2.6', level: 1, requirement: 'Input fields hide what is typed.', reason: NO_PAGES },
      { id: '6.2.7', level: 1, requirement: 'Pasting and password managers are allowed.', reason: NO_PAGES },
      {
        id: '6.2.8',
        level: 1,
        requirement: 'Passwords are verified exactly as they came: not cut, not folded.',
        reason: 'gap: they are normalised (NFKC) first, as NIST SP 800-63B recommends; nothing else is changed.',
      },
      { id: '6.2.9', level: 2, requirement: 'Passwords of 64 characters are allowed.' },
      {
        id: '6.2.10',
        level: 2,
        requirement: 'Passwords do not expire.',
        reason: 'no test: nothing in the service knows how old a password is.',
      },
      {
        id: '6.2.11',
        level: 2,
        requirement: 'The documented words of the context are refused in passwords.',
        reason: 'gap: the username and the local part of the e-mail address are; there is no list of other words.',
      },
      {
        id: '6.2.12',
        level: 2,
        requirement: 'New passwords are checked against breached ones.',
        reason: 'gap: against a list of common ones in the package alone; no service of leaked passwords is asked.',
      },
      { id: '6.3.1', level: 1, requirement: 'Guessing passwords and stuffing credentials meet the documented limits.' },
      { id: '6.3.2', level: 1, requirement: 'There are no default accounts.' },
      {
        id: '6.3.3',
        level: 2,
        requirement: 'Signing in takes a second factor.',
        reason: 'gap: a password is all that it takes.',
      },
      {
        id: '6.3.4',
        level: 2,
        requirement: 'There is no undocumented way to sign in, and all are equally strong.',
        reason: 'does not apply: there is one way, by password.',
      },
      {
        id: '6.3.8',
        level: 3,
        requirement: 'Failed sign-ins and registration do not tell which accounts exist.',
        reason: 'gap: signing in tells nothing, but register says that a username or e-mail address is taken.',
      },
      {
        id: '6.4.1',
        level: 1,
        requirement: 'Generated first passwords are random, expire soon, and cannot stay.',
        reason:
          'gap: the one of the first administrator outside production is random, but it may stay; in production none is generated.',
      },
      {
        id: '6.4.2',
        level: 1,
        requirement: 'There are no password hints and no secret questions.',
        reason: 'no test: the [schema](../schema.graphql) and the table of accounts have no place for them.',
      },
      {
        id: '6.4.3',
        level: 2,
        requirement: 'A forgotten password can be reset securely.',
        reason: 'gap: it cannot be reset at all; the service sends no mail.',
      },
      {
        id: '6.4.4',
        level: 2,
        requirement: 'A lost second factor is replaced with due proof.',
        reason: NO_SECOND_FACTOR,
      },
      { id: '6.5.1', level: 2, requirement: 'One-time codes work once.', reason: NO_SECOND_FACTOR },
      { id: '6.5.2', level: 2, requirement: 'Short look-up secrets are stored hashed.', reason: NO_SECOND_FACTOR },
      { id: '6.5.3', level: 2, requirement: 'Codes and seeds are random.', reason: NO_SECOND_FACTOR },
      { id: '6.5.4', level: 2, requirement: 'Codes have 20 bits or more.', reason: NO_SECOND_FACTOR },
      { id: '6.5.5', level: 2, requirement: 'Codes live shortly.', reason: NO_SECOND_FACTOR },
      { id: '6.6.1', level: 2, requirement: 'Codes by telephone come with a stronger choice.', reason: NO_CODES },
      { id: '6.6.2', level: 2, requirement: 'Codes are bound to the request they are for.', reason: NO_CODES },
      { id: '6.6.3', level: 2, requirement: 'Guessing codes meets a limit.', reason: NO_CODES },
      { id: '6.8.1', level: 2, requirement: 'One provider cannot pose as another.', reason: NO_PROVIDER },
      { id: '6.8.2', level: 2, requirement: 'Signatures of assertions are verified.', reason: NO_PROVIDER },
      { id: '6.8.3', level: 2, requirement: 'SAML assertions work once.', reason: NO_PROVIDER },
      { id: '6.8.4', level: 2, requirement: 'The strength that a provider tells is verified.', reason: NO_PROVIDER },
    ],
  },
  {
    name: 'V7 Session Management',
    requirements: [
      {
        id: '7.1.1',
        level: 2,
        requirement: 'Idle and absolute ends of sessions are documented, and departures from NIST justified.',
        reason:
          'gap: the [README](../README.md#settings) has both, but no reason for 90 days (SESSION_TTL) where NIST SP 800-63B recommends 30.',
      },
      {
        id: '7.1.2',
        level: 2,
        requirement: 'How many sessions an account may have, and what happens beyond, is documented.',
        reason: 'documented: MAX_SESSIONS in [.env.example](../.env.example).',
      },
      {
        id: '7.1.3',
        level: 2,
        requirement: 'Federated systems and how their sessions end together are documented.',
        reason: NO_PROVIDER,
      },
      { id: '7.2.1', level: 1, requirement: 'Session tokens are verified by the service itself.' },
      { id: '7.2.2', level: 1, requirement: 'Session tokens are made for each session, never static keys.' },
      { id: '7.2.3', level: 1, requirement: 'Reference tokens are unique, random, and have 128 bits or more.' },
      {
        id: '7.2.4',
        level: 1,
        requirement: 'Authenticating makes a new session token and ends the present one.',
        reason:
          'gap: a sign-in makes a new session but leaves the one before open, and a password given again (changePassword, changeEmail) leaves the session its tokens.',
      },
      { id: '7.3.1', level: 2, requirement: 'Idle sessions end.' },
      { id: '7.3.2', level: 2, requirement: 'Sessions end after a longest time whatever happens.' },
      { id: '7.4.1', level: 1, requirement: 'A session that was ended or has expired is of no use any more.' },
      { id: '7.4.2', level: 1, requirement: 'Disabling or deleting an account ends all of its sessions.' },
      { id: '7.4.3', level: 2, requirement: 'Changing the password can end all other sessions.' },
      { id: '7.4.4', level: 2, requirement: 'Pages show how to sign out.', reason: NO_PAGES },
      { id: '7.4.5', level: 2, requirement: 'Administrators can end the sessions of a user.' },
      {
        id: '7.5.1',
        level: 2,
        requirement: 'Changing what signs in or recovers an account takes authenticating again.',
        reason:
          'gap: password, e-mail address and deletion ask for the password; updateProfile changes the username, which signs in as well, and updateUser of an administrator changes both names, without one.',
      },
      {
        id: '7.5.2',
        level: 2,
        requirement: 'Users see their sessions and, authenticated again, end them.',
        reason: 'gap: they see and end them, but without giving the password again.',
      },
      {
        id: '7.6.1',
        level: 2,
        requirement: 'Sessions with identity providers end as documented.',
        reason: NO_PROVIDER,
      },
      {
        id: '7.6.2',
        level: 2,
        requirement: 'No session begins without the user’s consent or action.',
        reason: NO_PROVIDER,
      },
    ],
  },
  {
    name: 'V8 Authorization',
    requirements: [
      { id: '8.1.1', level: 1, requirement: 'Rules of access to functions and data are documented.' },
      { id: '8.1.2', level: 2, requirement: 'Rules of access to fields are documented.' },
      { id: '8.2.1', level: 1, requirement: 'Functions are open to those with the permission alone.' },
      { id: '8.2.2', level: 1, requirement: 'Data is open to those with the permission for it alone.' },
      { id: '8.2.3', level: 2, requirement: 'Fields are open to those with the permission for them alone.' },
      { id: '8.3.1', level: 1, requirement: 'The service decides, by nothing that a client could change.' },
      { id: '8.3.2', level: 3, requirement: 'Changes of what decides act at once.' },
      {
        id: '8.4.1',
        level: 2,
        requirement: 'Tenants are kept apart.',
        reason: 'does not apply: one service has one set of accounts.',
      },
    ],
  },
  {
    name: 'V9 Self-contained Tokens',
    requirements: [
      { id: '9.1.1', level: 1, requirement: 'Tokens are believed only after their signature is verified.' },
      { id: '9.1.2', level: 1, requirement: 'Only allowed algorithms make and verify tokens, and never none.' },
      { id: '9.1.3', level: 1, requirement: 'Keys come from the service’s own source, whatever a token says.' },
      { id: '9.2.1', level: 1, requirement: 'Tokens are good only within their time.' },
      { id: '9.2.2', level: 2, requirement: 'Tokens are good only for what their type is for.' },
      { id: '9.2.3', level: 2, requirement: 'Tokens for another audience are refused.' },
      { id: '9.2.4', level: 2, requirement: 'Tokens name the one audience they are for.' },
    ],
  },
]
