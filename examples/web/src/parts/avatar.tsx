/** The first letters of a name; it stands beside the name. */
export function Avatar({ name }: { name: string }) {
  const [first = '', second = ''] = name.split(/[\s._-]+/).filter(Boolean)
  const letters = second ? first.charAt(0) + second.charAt(0) : first.slice(0, 2)
  return (
    <span className="avatar" aria-hidden="true">
      {letters.toUpperCase()}
    </span>
  )
}
