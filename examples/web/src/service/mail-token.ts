/** What stands behind `#token=` of a mail's link, taken out of the address before anything else. */
export const mailToken = takeToken()

// A second link opened in the same tab changes the fragment alone.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload()
})

function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  if (token) history.replaceState(null, '', location.pathname)
  return token
}
