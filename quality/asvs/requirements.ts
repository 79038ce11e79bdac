/** Why no test shows a requirement, or what a test does not cover. */
export type Reason = `${'does not apply' | 'documented' | 'no test' | 'gap'}: ${string}`

export interface Requirement {
  id: string
  level: 1 | 2 | 3
  /** Shorter than OWASP's text. */
  requirement: string
  reason?: Reason
}

export interface Chapter {
  name: string
  requirements: Requirement[]
}

const NO_CODES = 'does not apply: no codes or requests travel by another channel.'
const NO_PROVIDER = 'does not apply: accounts are of this service alone, no identity provider is asked.'
const NO_FILES = 'does not apply: no files are uploaded, and no path comes from a request.'
const NO_OAUTH = 'does not apply: the service is no OAuth authorization server; it has no clients, codes or grants.'
const PROXY = 'does not apply: the service speaks plain HTTP; TLS and its certificate are of the proxy before it.'
const NO_PAGES = 'does not apply: the service has no pages of its own.'

/**
 * OWASP ASVS 5.0.0: every requirement of level 1, those of level 2 in the chapters V6 to V9, and of the others those
 * that tests name.
 */
export const CHAPTERS: Chapter[] = [
  {
    name: 'V1 Encoding and Sanitization',
    requirements: [
      { id: '1.2.1', level: 1, requirement: 'What goes into an answer is encoded for where it stands.' },
      {
        id: '1.2.2',
        level: 1,
        requirement: 'What goes into a URL is encoded, and its scheme is a safe one.',
        reason: 'does not apply: no URL is built from what is sent.',
      },
      { id: '1.2.3', level: 1, requirement: 'What goes into JSON or JavaScript is encoded.' },
      { id: '1.2.4', level: 1, requirement: 'Nothing that is sent can become part of a statement of the database.' },
      {
        id: '1.2.5',
        level: 1,
        requirement: 'Nothing that is sent can become part of a command of the system.',
        reason: 'does not apply: the service starts no other programs.',
      },
      {
        id: '1.3.1',
        level: 1,
        requirement: 'HTML that users write is sanitized.',
        reason: 'does not apply: all texts are plain, and none is put into a page.',
      },
      {
        id: '1.3.2',
        level: 1,
        requirement: 'No text is evaluated as code.',
        reason: 'no test: the code has no eval, and the linter (`npm run lint`) refuses it.',
      },
      {
        id: '1.5.1',
        level: 1,
        requirement: 'XML is parsed without external entities.',
        reason: 'does not apply: no XML is read.',
      },
    ],
  },
  {
    name: 'V2 Validation and Business Logic',
    requirements: [
      {
        id: '2.1.1',
        level: 1,
        requirement: 'The rules of input are documented.',
        reason: 'documented: each input in [schema.graphql](../schema.graphql) says what it takes.',
      },
      { id: '2.2.1', level: 1, requirement: 'Input is checked against what is expected.' },
      { id: '2.2.2', level: 1, requirement: 'Input is checked by the service, whatever clients do.' },
      {
        id: '2.3.1',
        level: 1,
        requirement: 'Steps of one flow happen in their order, and none is left out.',
        reason:
          'does not apply: every operation is whole in itself. What needs the link of a mail takes its token, which follows from a record that the step before has written.',
      },
    ],
  },
  {
    name: 'V3 Web Frontend Security',
    requirements: [
      { id: '3.2.1', level: 1, requirement: 'Browsers do not take answers for something else.' },
      {
        id: '3.2.2',
        level: 1,
        requirement: 'Text is shown as text, never as HTML.',
        reason:
          'does not apply: the API has no pages. The explorer, off in production, writes text alone; in examples/web React does.',
      },
      { id: '3.3.1', level: 1, requirement: 'Cookies are Secure and named `__Host-` or `__Secure-`.' },
      { id: '3.3.2', level: 2, requirement: 'Cookies are SameSite as their purpose asks.' },
      { id: '3.3.3', level: 2, requirement: 'Cookies are named `__Host-`.' },
      {
        id: '3.3.4',
        level: 2,
        requirement: 'The cookie of a session is HttpOnly, and its value is told nowhere else.',
      },
      { id: '3.4.1', level: 1, requirement: 'Every answer has HSTS of a year or more.' },
      { id: '3.4.2', level: 1, requirement: 'CORS is granted to allowed origins alone.' },
      { id: '3.4.3', level: 2, requirement: 'Answers have a policy (CSP) that lets nothing foreign run.' },
      { id: '3.4.4', level: 2, requirement: 'Every answer is nosniff.' },
      { id: '3.4.5', level: 2, requirement: 'A referrer policy keeps addresses private.' },
      { id: '3.4.6', level: 2, requirement: 'Answers cannot be framed (frame-ancestors).' },
      {
        id: '3.5.1',
        level: 1,
        requirement: 'Where no preflight guards, requests prove that they come from an allowed page.',
      },
      { id: '3.5.2', level: 1, requirement: 'Where the preflight guards, nothing runs without one.' },
      { id: '3.5.3', level: 1, requirement: 'Nothing is changed by GET or HEAD.' },
    ],
  },
  {
    name: 'V4 API and Web Service',
    requirements: [
      { id: '4.1.1', level: 1, requirement: 'Answers say their type and charset, rightly.' },
      { id: '4.3.1', level: 2, requirement: 'Costly documents are refused by depth, amount or cost.' },
      { id: '4.3.2', level: 2, requirement: 'There is no introspection in production.' },
      {
        id: '4.4.1',
        level: 1,
        requirement: 'WebSockets run over TLS.',
        reason: 'does not apply: there are no WebSockets.',
      },
    ],
  },
  {
    name: 'V5 File Handling',
    requirements: [
      { id: '5.2.1', level: 1, requirement: 'Files are limited in size.', reason: NO_FILES },
      { id: '5.2.2', level: 1, requirement: 'Files are what their name says.', reason: NO_FILES },
      { id: '5.3.1', level: 1, requirement: 'Uploaded files are not run.', reason: NO_FILES },
      { id: '5.3.2', level: 1, requirement: 'Paths are not made of what is sent.', reason: NO_FILES },
    ],
  },
  {
    name: 'V6 Authentication',
    requirements: [
      {
        id: '6.1.1',
        level: 1,
        requirement: 'It is documented how limits meet guessing and stuffing, and lock nobody out.',
        reason:
          'documented: [SECURITY.md](../SECURITY.md#how-it-is-meant), and each limit in [schema.graphql](../schema.graphql).',
      },
      {
        id: '6.1.2',
        level: 2,
        requirement: 'Words of the context that passwords may not hold are documented.',
        reason: 'documented: [SECURITY.md](../SECURITY.md#how-it-is-meant): the names of the account alone.',
      },
      {
        id: '6.1.3',
        level: 2,
        requirement: 'Several ways to sign in are documented with their strength.',
        reason: 'does not apply: there is one way, by password, and the second factor where the account has one.',
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
        reason: 'gap: of accounts that have turned it on; none has to.',
      },
      {
        id: '6.3.4',
        level: 2,
        requirement: 'There is no undocumented way to sign in, and all are equally strong.',
        reason: 'does not apply: there is one way, by password.',
      },
      {
        id: '6.3.7',
        level: 3,
        requirement: 'Users are told of changes of what signs them in or recovers the account.',
        reason: 'gap: of a new address and a new password, and not of a new username.',
      },
      {
        id: '6.3.8',
        level: 3,
        requirement: 'Failed sign-ins and registration do not tell which accounts exist.',
        reason:
          'gap: signing in and asking for a new password tell nothing, but register says that a username or e-mail address is taken.',
      },
      {
        id: '6.4.1',
        level: 1,
        requirement: 'Generated first passwords are random, expire soon, and cannot stay.',
        reason:
          'gap: the one of the first administrator outside production is random, but it may stay; in production none is generated. Accounts that are invited choose theirs by a link that works once, for 7 days.',
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
      },
      {
        id: '6.4.4',
        level: 2,
        requirement: 'A lost second factor is replaced with due proof.',
        reason:
          'gap: a recovery code takes its place; what an administrator asks for before resetSecondFactor is theirs to decide.',
      },
      { id: '6.5.1', level: 2, requirement: 'One-time codes work once.' },
      { id: '6.5.2', level: 2, requirement: 'Short look-up secrets are stored hashed.' },
      { id: '6.5.3', level: 2, requirement: 'Codes and seeds are random.' },
      { id: '6.5.4', level: 2, requirement: 'Codes have 20 bits or more.' },
      { id: '6.5.5', level: 2, requirement: 'Codes live shortly.' },
      { id: '6.6.1', level: 2, requirement: 'Codes by telephone come with a stronger choice.', reason: NO_CODES },
      { id: '6.6.2', level: 2, requirement: 'Codes are bound to the request they are for.', reason: NO_CODES },
      { id: '6.6.3', level: 2, requirement: 'Guessing codes meets a limit.' },
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
          'documented: [Configuration](configuration.md), and why 90 days in [SECURITY.md](../SECURITY.md#how-it-is-meant).',
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
          'gap: updateProfile changes the username, which signs in as well, and updateUser lets an administrator change both names, without it; the second factor, the role, password, e-mail address and deletion ask for it.',
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
  {
    name: 'V10 OAuth and OIDC',
    requirements: [
      {
        id: '10.4.1',
        level: 1,
        requirement: 'Redirect URIs are compared exactly with those allowed.',
        reason: NO_OAUTH,
      },
      { id: '10.4.2', level: 1, requirement: 'Authorization codes work once.', reason: NO_OAUTH },
      { id: '10.4.3', level: 1, requirement: 'Authorization codes live shortly.', reason: NO_OAUTH },
      { id: '10.4.4', level: 1, requirement: 'Clients have the grants they need alone.', reason: NO_OAUTH },
      {
        id: '10.4.5',
        level: 1,
        requirement: 'Refresh tokens rotate, and using an old one ends all of its line.',
        reason:
          'gap: for REFRESH_GRACE (10 seconds) the token just used answers again, with the same successor, for answers that were lost.',
      },
    ],
  },
  {
    name: 'V11 Cryptography',
    requirements: [
      { id: '11.3.1', level: 1, requirement: 'No weak modes of blocks, no weak padding.' },
      { id: '11.3.2', level: 1, requirement: 'Only approved ciphers and modes, such as AES with GCM.' },
      {
        id: '11.4.1',
        level: 1,
        requirement: 'Only approved hash functions.',
        reason: 'no test: HMAC, HKDF and keys of limits use SHA-256, EdDSA SHA-512; src/ has no other.',
      },
      { id: '11.4.2', level: 2, requirement: 'Passwords are hashed by a slow function with present-day parameters.' },
      { id: '11.5.1', level: 2, requirement: 'What nobody may guess is random, with 128 bits or more.' },
    ],
  },
  {
    name: 'V12 Secure Communication',
    requirements: [
      { id: '12.1.1', level: 1, requirement: 'Only TLS 1.2 and 1.3.', reason: PROXY },
      {
        id: '12.2.1',
        level: 1,
        requirement: 'Clients reach the service by TLS alone.',
        reason:
          'gap: the service speaks plain HTTP and cannot tell whether the proxy that [SECURITY.md](../SECURITY.md#how-it-is-meant) asks for is there; HSTS and Secure cookies are all it adds.',
      },
      { id: '12.2.2', level: 1, requirement: 'The certificate is one that the public trusts.', reason: PROXY },
    ],
  },
  {
    name: 'V13 Configuration',
    requirements: [
      {
        id: '13.4.1',
        level: 1,
        requirement: 'No source control metadata is deployed, or none is reachable.',
        reason: 'no test: the image is made of what .dockerignore allows, without .git, and no path serves files.',
      },
      { id: '13.4.5', level: 2, requirement: 'Documentation and monitoring are not public unless meant to be.' },
    ],
  },
  {
    name: 'V14 Data Protection',
    requirements: [
      { id: '14.2.1', level: 1, requirement: 'Nothing secret travels in a URL.' },
      { id: '14.3.1', level: 1, requirement: 'The client’s storage is cleared when a session ends.' },
    ],
  },
  {
    name: 'V15 Secure Coding and Architecture',
    requirements: [
      {
        id: '15.1.1',
        level: 1,
        requirement: 'It is documented how soon packages with holes are replaced.',
        reason: 'documented: [SECURITY.md](../SECURITY.md#how-it-is-meant).',
      },
      {
        id: '15.2.1',
        level: 1,
        requirement: 'No package is older than that allows.',
        reason: 'gap: `npm audit` is asked by hand; no check does, as it needs the network.',
      },
      { id: '15.2.2', level: 2, requirement: 'Costly work cannot take the service down.' },
      { id: '15.3.1', level: 1, requirement: 'Answers hold the fields that are needed, never whole rows.' },
      { id: '15.3.3', level: 2, requirement: 'No operation takes fields that are not its own.' },
      { id: '15.3.6', level: 2, requirement: 'Nothing that is sent reaches a prototype.' },
    ],
  },
  {
    name: 'V16 Security Logging and Error Handling',
    requirements: [
      { id: '16.2.5', level: 2, requirement: 'Logs hold no credentials.' },
      { id: '16.3.1', level: 2, requirement: 'Sign-ins are recorded, good and bad.' },
      { id: '16.3.4', level: 2, requirement: 'Unexpected faults, and those of safeguards, are logged.' },
      { id: '16.5.1', level: 2, requirement: 'Unexpected faults tell the client nothing of the inside.' },
    ],
  },
]
