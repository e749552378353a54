/** The header by which the process that started the Worker is known: its requests meet no fault and no conflict window. */
export const START_HEADER = 'access-mtls-start'
