/** What the record of changes says of certificates, as JSON that SQL makes. */

/** The record `certificates c`, as it can be changed. */
export const CERTIFICATE_JSON_SQL = `json_object('name', c.name, 'associated_hostnames', json((
    SELECT json_group_array(hostname ORDER BY position) FROM certificate_hostnames WHERE certificate_id = c.id
  )))`

/**
 * The hostnames of a list that nobody protected and that get a certificate now, which ends their mode `open`; NULL where there
 * are none. Needs `access`.
 * @param list an expression for a JSON array of names in A-label form
 */
export const openHostnamesSql = (list: string) => `(
    SELECT iif(count(*) = 0, NULL, json_object('open_hostnames', json_group_array(m.hostname)))
    FROM json_each(${list}) w
      CROSS JOIN hostname_modes m ON m.account_id = access.account_id AND m.hostname_ascii = w.value AND m.mode = 'open'
  )`

/** The certificates of `certificates c`, in the form that `insertChain` reads. */
export const CHAIN_JSON_SQL = `(
    SELECT json_group_array(json_object('der', hex(der), 'md5', fingerprint_md5, 'sha256', fingerprint_sha256,
      'serialNumber', serial_number, 'subject', subject, 'issuer', issuer, 'notBefore', not_before, 'notAfter', not_after,
      'publicKey', public_key, 'signatureAlgorithm', signature_algorithm, 'selfIssued', json(iif(self_issued, 'true', 'false')), 'nameKey', name_key,
      'caKey', ca_key, 'keySha256', key_sha256, 'isAnchor', json(CASE is_anchor WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)) ORDER BY position)
    FROM certificate_chain WHERE certificate_id = c.id
  )`
