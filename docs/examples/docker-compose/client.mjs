const { CLOUDFLARE_BASE_URL, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN } = process.env

const response = await fetch(`${CLOUDFLARE_BASE_URL}/accounts/${CLOUDFLARE_ACCOUNT_ID}/access/certificates`, {
  headers: { authorization: `Bearer ${CLOUDFLARE_API_TOKEN}` },
})
const { success, result } = await response.json()
console.log(`${response.status}: ${result?.length} certificates`)
process.exitCode = success ? 0 : 1
