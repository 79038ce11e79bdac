/** The mark of the product; its name stands beside it. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M7 25V9h3v2.5h2.5V9h7v2.5H22V9h3v16h-5.5v-5.5a3.5 3.5 0 0 0-7 0V25Z" />
      </svg>
      Gatehouse
    </span>
  )
}
