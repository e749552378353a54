/** The user's command line was refused; the message says what is accepted. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** Runs a script's main function; a refused command line ends with exit code 2, anything else unexpected with 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof UsageError ? `error: ${error.message}` : error)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
