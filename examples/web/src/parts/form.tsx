import {
  createContext,
  type FormEvent,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { type Problem, problemOf } from '../service/problem.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { ProblemBox } from './problem-box.tsx'

/** What the fields hold, by name; unchecked boxes are false. */
export class Values {
  constructor(private readonly data: FormData) {}

  text(name: string): string {
    return String(this.data.get(name) ?? '')
  }

  all<T extends string>(name: string): T[] {
    return this.data.getAll(name).map((value) => String(value) as T)
  }
}

interface FormState {
  isBusy: boolean
  faults: Record<string, string>
}

const FormContext = createContext<FormState>({ isBusy: false, faults: {} })

interface FormProps {
  /** Throws what `problemOf` describes. */
  onSubmit: (values: Values) => Promise<unknown>
  children: ReactNode
  /** Replaces the sentence for a code. */
  sentences?: Record<string, ReactNode>
  /** Empties the fields afterwards. */
  resets?: boolean
  className?: string
}

/** Shows each fault at its field, where there is one, and goes there. */
export function Form({ onSubmit, children, sentences, resets = false, className = 'form' }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { currentTarget } = event
    if (isBusy) return
    setBusy(true)
    setProblem(null)
    try {
      await onSubmit(new Values(new FormData(currentTarget)))
      if (resets) currentTarget.reset()
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }

  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-problem]')?.focus()
  }, [problem])

  const faults = problem?.fields ?? {}
  const isElsewhere = Object.keys(faults).every((name) => !form.current?.elements.namedItem(name))
  return (
    <FormContext value={{ isBusy, faults }}>
      <form ref={form} className={className} onSubmit={submit} noValidate>
        {problem && isElsewhere && <ProblemBox problem={problem} sentences={sentences} />}
        {children}
      </form>
    </FormContext>
  )
}

/** What is wrong with a field; undefined where nothing is. */
export const useFault = (name: string): string | undefined => useContext(FormContext).faults[name]

export function Fault({ id, text }: { id: string; text: string }) {
  return (
    <p className="fault" id={id}>
      <Icon name="alert" /> {text}
    </p>
  )
}

interface Labelled {
  name: string
  label: string
  hint?: ReactNode
}

/** Ties label, hint and fault to a control. */
function useField({ name, hint }: Labelled) {
  const id = useId()
  const fault = useFault(name)
  const describedBy = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ') || undefined
  return { id, fault, control: { id, name, 'aria-describedby': describedBy, 'aria-invalid': fault ? true : undefined } }
}

function Field({ id, fault, label, hint, children }: Labelled & { id: string; fault?: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault && <Fault id={`${id}-fault`} text={fault} />}
    </div>
  )
}

export function TextField(props: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const { label, hint, ...input } = props
  const { id, fault, control } = useField(props)
  return (
    <Field {...{ id, fault, label, hint, name: props.name }}>
      <input {...input} {...control} />
    </Field>
  )
}

export function PasswordField(props: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const { label, hint, ...input } = props
  const { id, fault, control } = useField(props)
  const [isShown, setShown] = useState(false)
  return (
    <Field {...{ id, fault, label, hint, name: props.name }}>
      <div className="with-button">
        <input {...input} {...control} type={isShown ? 'text' : 'password'} autoCapitalize="off" spellCheck={false} />
        <button
          type="button"
          className="icon-button"
          aria-label={isShown ? `Hide ${label.toLowerCase()}` : `Show ${label.toLowerCase()}`}
          onClick={() => setShown(!isShown)}
        >
          <Icon name={isShown ? 'eye-off' : 'eye'} />
        </button>
      </div>
    </Field>
  )
}

export function CodeField(props: Omit<Labelled, 'name'> & { name?: 'code' | 'recoveryCode'; autoFocus?: boolean }) {
  const { name = 'code', ...others } = props
  const isCode = name === 'code'
  return (
    <TextField
      {...others}
      name={name}
      className="code"
      inputMode={isCode ? 'numeric' : 'text'}
      autoComplete={isCode ? 'one-time-code' : 'off'}
      maxLength={isCode ? 7 : 40}
      spellCheck={false}
      required
    />
  )
}

export function SelectField(props: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const { label, hint, children, ...select } = props
  const { id, fault, control } = useField(props)
  return (
    <Field {...{ id, fault, label, hint, name: props.name }}>
      <select {...select} {...control}>
        {children}
      </select>
    </Field>
  )
}

/** Ends the form. */
export function Submit({ children, kind = 'primary' }: { children: ReactNode; kind?: 'primary' | 'danger' }) {
  const { isBusy } = useContext(FormContext)
  return (
    <Button type="submit" kind={kind} isBusy={isBusy}>
      {children}
    </Button>
  )
}
