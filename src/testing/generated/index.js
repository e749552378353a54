// access-mtls/testing: made from src/testing/index.ts by npm run generate. MIT licence. One file that imports nothing.
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};

// src/core/bytes.ts
function toHex(octets2) {
  let text2 = "";
  for (const octet of octets2) text2 += HEX[octet] ?? "";
  return text2;
}
function fromHex(hex2) {
  if (!/^(?:[\da-f]{2})*$/i.test(hex2)) throw new TypeError("not pairs of hexadecimal digits");
  const octets2 = new Uint8Array(hex2.length / 2);
  for (let i = 0; i < octets2.length; i += 1) octets2[i] = Number.parseInt(hex2.slice(2 * i, 2 * i + 2), 16);
  return octets2;
}
function toBase64(octets2) {
  return btoa(latin1(octets2));
}
function fromBase64(text2) {
  const binary = atob(text2);
  const octets2 = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) octets2[i] = binary.charCodeAt(i);
  return octets2;
}
function latin1(octets2) {
  let text2 = "";
  for (const octet of octets2) text2 += String.fromCharCode(octet);
  return text2;
}
var HEX;
var init_bytes = __esm({
  "src/core/bytes.ts"() {
    "use strict";
    HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));
  }
});

// src/x509/limits.ts
var MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES_PER_UPLOAD, MAX_DEPTH, MAX_TLVS, MAX_SERIAL_BYTES, MAX_OID_BYTES;
var init_limits = __esm({
  "src/x509/limits.ts"() {
    "use strict";
    MAX_CERTIFICATE_BYTES = 16384;
    MAX_CERTIFICATES_PER_UPLOAD = 16;
    MAX_DEPTH = 20;
    MAX_TLVS = 2e3;
    MAX_SERIAL_BYTES = 40;
    MAX_OID_BYTES = 64;
  }
});

// src/x509/asn1/malformed.ts
var Malformed, TooComplex;
var init_malformed = __esm({
  "src/x509/asn1/malformed.ts"() {
    "use strict";
    Malformed = class extends Error {
      /** The field that was read, in the words of RFC 5280 (`tbsCertificate.serialNumber`). */
      field;
      /** What is wrong with the field, without octets of the input. */
      problem;
      constructor(field, problem) {
        super(`${field}: ${problem}`);
        this.name = "Malformed";
        this.field = field;
        this.problem = problem;
      }
    };
    TooComplex = class extends Malformed {
    };
  }
});

// src/x509/asn1/der.ts
function contextTag(number2, form) {
  return 128 | (form === "constructed" ? CONSTRUCTED : 0) | number2;
}
function hex(octet) {
  return toHex(Uint8Array.of(octet));
}
var TAG, CONSTRUCTED, Budget, Tlv, DerReader;
var init_der = __esm({
  "src/x509/asn1/der.ts"() {
    "use strict";
    init_bytes();
    init_limits();
    init_malformed();
    TAG = {
      boolean: 1,
      integer: 2,
      bitString: 3,
      octetString: 4,
      null: 5,
      objectIdentifier: 6,
      enumerated: 10,
      utf8String: 12,
      numericString: 18,
      printableString: 19,
      teletexString: 20,
      ia5String: 22,
      utcTime: 23,
      generalizedTime: 24,
      visibleString: 26,
      universalString: 28,
      bmpString: 30,
      sequence: 48,
      set: 49
    };
    CONSTRUCTED = 32;
    Budget = class {
      #left;
      constructor(tlvs) {
        this.#left = tlvs;
      }
      spend(field) {
        if (this.#left === 0) throw new TooComplex(field, `more than ${MAX_TLVS} ASN.1 values`);
        this.#left -= 1;
      }
    };
    Tlv = class {
      tag;
      #source;
      #start;
      #contentStart;
      #end;
      #depth;
      #budget;
      constructor(tag, source, start, contentStart, end, depth, budget) {
        this.tag = tag;
        this.#source = source;
        this.#start = start;
        this.#contentStart = contentStart;
        this.#end = end;
        this.#depth = depth;
        this.#budget = budget;
      }
      /** The content octets. */
      get content() {
        return this.#source.subarray(this.#contentStart, this.#end);
      }
      /** The whole encoding: identifier, length and content octets. */
      get der() {
        return this.#source.subarray(this.#start, this.#end);
      }
      get constructed() {
        return (this.tag & CONSTRUCTED) !== 0;
      }
      /** Reads the content as TLVs: the members of a SEQUENCE or SET, or what an OCTET STRING wraps. */
      open(field) {
        if (this.#depth >= MAX_DEPTH) throw new TooComplex(field, `nested more than ${MAX_DEPTH} levels deep`);
        return new DerReader(this.#source, this.#contentStart, this.#end, this.#depth + 1, this.#budget);
      }
      /** Checks that everything below this value is DER, for parts whose meaning is not needed. */
      checkBelow(field) {
        if (!this.constructed) return;
        const members = this.open(field);
        while (!members.done) members.read(field).checkBelow(field);
      }
    };
    DerReader = class _DerReader {
      #source;
      #limit;
      #depth;
      #budget;
      #position;
      constructor(source, start, end, depth, budget) {
        this.#source = source;
        this.#position = start;
        this.#limit = end;
        this.#depth = depth;
        this.#budget = budget;
      }
      /** A reader of a whole input, with a budget of its own. */
      static over(source) {
        return new _DerReader(source, 0, source.length, 0, new Budget(MAX_TLVS));
      }
      get done() {
        return this.#position === this.#limit;
      }
      /** The identifier octet of the next value, undefined at the end. */
      get nextTag() {
        return this.done ? void 0 : this.#source[this.#position];
      }
      /** Reads the next value, whatever its tag. */
      read(field) {
        this.#budget.spend(field);
        const start = this.#position;
        const tag = this.#octet(field);
        if ((tag & 31) === 31) throw new Malformed(field, "a tag of several octets, which no X.509 field has");
        if (tag === 0) throw new Malformed(field, "tag 0 (BER end-of-contents) is not DER");
        if (tag < 64 && (tag & CONSTRUCTED) !== ((tag & 30) === 16 ? CONSTRUCTED : 0)) {
          throw new Malformed(field, "a universal type in a form that is not DER");
        }
        const length = this.#length(field);
        const contentStart = this.#position;
        if (length > this.#limit - contentStart) throw new Malformed(field, "is cut short: its length runs past the end");
        this.#position = contentStart + length;
        return new Tlv(tag, this.#source, start, contentStart, this.#position, this.#depth, this.#budget);
      }
      /** Reads the next value, which must have this tag. */
      expect(tag, field) {
        if (this.done) throw new Malformed(field, "is missing");
        if (this.nextTag !== tag) {
          throw new Malformed(field, `has tag 0x${hex(this.nextTag ?? 0)} where 0x${hex(tag)} belongs`);
        }
        return this.read(field);
      }
      /** Reads the next value if it has this tag, as OPTIONAL and DEFAULT fields need. */
      optional(tag, field) {
        return this.nextTag === tag ? this.read(field) : void 0;
      }
      /** Reads a SEQUENCE and returns a reader of its members. */
      sequence(field) {
        return this.expect(TAG.sequence, field).open(field);
      }
      /** Throws Malformed where anything follows. */
      end(field) {
        if (!this.done) throw new Malformed(field, "has bytes after its last field");
      }
      #octet(field) {
        const octet = this.#position < this.#limit ? this.#source[this.#position] : void 0;
        if (octet === void 0) throw new Malformed(field, "is cut short");
        this.#position += 1;
        return octet;
      }
      /** X.690 8.1.3 with 10.1: definite form, in the fewest octets. */
      #length(field) {
        const first = this.#octet(field);
        if (first < 128) return first;
        if (first === 128) throw new Malformed(field, "an indefinite length is BER, not DER");
        const octets2 = first & 127;
        if (octets2 > 4) throw new Malformed(field, "a length of more than four octets");
        let length = 0;
        for (let i = 0; i < octets2; i += 1) length = length * 256 + this.#octet(field);
        if (length < 128 || length < 256 ** (octets2 - 1)) {
          throw new Malformed(field, "a length that is not in its shortest form is BER, not DER");
        }
        return length;
      }
    };
  }
});

// src/x509/asn1/oids.ts
var ATTRIBUTE_NAMES, EXTENSION, KEY_ALGORITHM, CURVE_NAMES, SIGNATURE_NAMES;
var init_oids = __esm({
  "src/x509/asn1/oids.ts"() {
    "use strict";
    ATTRIBUTE_NAMES = /* @__PURE__ */ new Map([
      ["2.5.4.3", "CN"],
      ["2.5.4.4", "SN"],
      ["2.5.4.5", "serialNumber"],
      ["2.5.4.6", "C"],
      ["2.5.4.7", "L"],
      ["2.5.4.8", "ST"],
      ["2.5.4.9", "street"],
      ["2.5.4.10", "O"],
      ["2.5.4.11", "OU"],
      ["2.5.4.12", "title"],
      ["2.5.4.17", "postalCode"],
      ["2.5.4.42", "givenName"],
      ["2.5.4.46", "dnQualifier"],
      ["2.5.4.97", "organizationIdentifier"],
      ["0.9.2342.19200300.100.1.1", "UID"],
      ["0.9.2342.19200300.100.1.25", "DC"],
      ["1.2.840.113549.1.9.1", "emailAddress"]
    ]);
    EXTENSION = {
      subjectDirectoryAttributes: "2.5.29.9",
      subjectKeyIdentifier: "2.5.29.14",
      keyUsage: "2.5.29.15",
      subjectAltName: "2.5.29.17",
      issuerAltName: "2.5.29.18",
      basicConstraints: "2.5.29.19",
      nameConstraints: "2.5.29.30",
      crlDistributionPoints: "2.5.29.31",
      certificatePolicies: "2.5.29.32",
      policyMappings: "2.5.29.33",
      authorityKeyIdentifier: "2.5.29.35",
      policyConstraints: "2.5.29.36",
      extKeyUsage: "2.5.29.37",
      freshestCRL: "2.5.29.46",
      inhibitAnyPolicy: "2.5.29.54",
      authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
      subjectInfoAccess: "1.3.6.1.5.5.7.1.11"
    };
    KEY_ALGORITHM = {
      rsa: "1.2.840.113549.1.1.1",
      rsassaPss: "1.2.840.113549.1.1.10",
      ec: "1.2.840.10045.2.1",
      ed25519: "1.3.101.112",
      ed448: "1.3.101.113"
    };
    CURVE_NAMES = /* @__PURE__ */ new Map([
      ["1.2.840.10045.3.1.7", "P-256"],
      ["1.3.132.0.34", "P-384"],
      ["1.3.132.0.35", "P-521"],
      ["1.3.132.0.33", "P-224"],
      ["1.3.132.0.10", "secp256k1"],
      ["1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"],
      ["1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"],
      ["1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"]
    ]);
    SIGNATURE_NAMES = /* @__PURE__ */ new Map([
      ["1.2.840.113549.1.1.2", "md2WithRSAEncryption"],
      ["1.2.840.113549.1.1.3", "md4WithRSAEncryption"],
      ["1.2.840.113549.1.1.4", "md5WithRSAEncryption"],
      ["1.2.840.113549.1.1.5", "sha1WithRSAEncryption"],
      ["1.2.840.113549.1.1.10", "rsassaPss"],
      ["1.2.840.113549.1.1.11", "sha256WithRSAEncryption"],
      ["1.2.840.113549.1.1.12", "sha384WithRSAEncryption"],
      ["1.2.840.113549.1.1.13", "sha512WithRSAEncryption"],
      ["1.2.840.113549.1.1.14", "sha224WithRSAEncryption"],
      ["1.2.840.10040.4.3", "dsaWithSHA1"],
      ["2.16.840.1.101.3.4.3.2", "dsaWithSHA256"],
      ["1.2.840.10045.4.1", "ecdsa-with-SHA1"],
      ["1.2.840.10045.4.3.1", "ecdsa-with-SHA224"],
      ["1.2.840.10045.4.3.2", "ecdsa-with-SHA256"],
      ["1.2.840.10045.4.3.3", "ecdsa-with-SHA384"],
      ["1.2.840.10045.4.3.4", "ecdsa-with-SHA512"],
      ["2.16.840.1.101.3.4.3.14", "RSA-SHA3-256"],
      ["1.3.101.112", "Ed25519"],
      ["1.3.101.113", "Ed448"],
      ["2.16.840.1.101.3.4.3.17", "ML-DSA-44"],
      ["2.16.840.1.101.3.4.3.18", "ML-DSA-65"],
      ["2.16.840.1.101.3.4.3.19", "ML-DSA-87"]
    ]);
  }
});

// src/x509/asn1/values.ts
function integerOctets(tlv2, field) {
  const octets2 = tlv2.content;
  const [first, second] = octets2;
  if (first === void 0) throw new Malformed(field, "an INTEGER without content");
  if (second !== void 0 && (first === 0 && second < 128 || first === 255 && second >= 128)) {
    throw new Malformed(field, "an INTEGER that is not in its shortest form");
  }
  return octets2;
}
function unsignedOctets(tlv2, field) {
  const octets2 = integerOctets(tlv2, field);
  if ((octets2[0] ?? 0) >= 128) throw new Malformed(field, "is negative");
  return octets2[0] === 0 && octets2.length > 1 ? octets2.subarray(1) : octets2;
}
function smallCount(tlv2, field) {
  const octets2 = unsignedOctets(tlv2, field);
  const value = octets2.reduce((sum, octet) => sum * 256 + octet, 0);
  if (octets2.length > 4 || value > 2147483647) throw new Malformed(field, "is larger than 2147483647");
  return value;
}
function booleanValue(tlv2, field) {
  const [octet, ...rest] = tlv2.content;
  if (rest.length > 0 || octet !== 0 && octet !== 255) {
    throw new Malformed(field, "a BOOLEAN that is neither 00 nor FF");
  }
  return octet === 255;
}
function booleanDefaultFalse(reader, field) {
  const tlv2 = reader.optional(TAG.boolean, field);
  return tlv2 !== void 0 && booleanValue(tlv2, field);
}
function oidValue(tlv2, field) {
  const octets2 = tlv2.content;
  if (octets2.length === 0) throw new Malformed(field, "an OBJECT IDENTIFIER without content");
  if (octets2.length > MAX_OID_BYTES) {
    throw new Malformed(field, `an OBJECT IDENTIFIER of more than ${MAX_OID_BYTES} bytes`);
  }
  let text2 = "";
  let start = 0;
  for (let end = 1; end <= octets2.length; end += 1) {
    if ((octets2[end - 1] ?? 0) >= 128) continue;
    const arc = subidentifier(octets2.subarray(start, end), field);
    text2 += start === 0 ? firstArcs(arc) : `.${arc}`;
    start = end;
  }
  if (start < octets2.length) {
    subidentifier(octets2.subarray(start), field);
    throw new Malformed(field, "an OBJECT IDENTIFIER that is cut short");
  }
  return text2;
}
function firstArcs(value) {
  if (value < 40) return `0.${value}`;
  return value < 80 ? `1.${BigInt(value) - 40n}` : `2.${BigInt(value) - 80n}`;
}
function subidentifier(octets2, field) {
  if (octets2[0] === 128) throw new Malformed(field, "an OBJECT IDENTIFIER with a padded arc");
  if (octets2.length > MAX_NUMBER_OCTETS) {
    return octets2.reduce((value2, octet) => value2 * 128n + BigInt(octet & 127), 0n);
  }
  let value = 0;
  for (const octet of octets2) value = value * 128 + (octet & 127);
  return value;
}
function readOid(reader, field) {
  return oidValue(reader.expect(TAG.objectIdentifier, field), field);
}
function bitString(tlv2, field) {
  const unusedBits = tlv2.content[0];
  const octets2 = tlv2.content.subarray(1);
  if (unusedBits === void 0) throw new Malformed(field, "a BIT STRING without content");
  if (unusedBits > 7 || octets2.length === 0 && unusedBits !== 0) {
    throw new Malformed(field, "a BIT STRING with an impossible count of unused bits");
  }
  const last = octets2.at(-1) ?? 0;
  if ((last & (1 << unusedBits) - 1) !== 0) throw new Malformed(field, "a BIT STRING whose unused bits are not zero");
  return { octets: octets2, unusedBits };
}
function octetAlignedBitString(tlv2, field) {
  const { octets: octets2, unusedBits } = bitString(tlv2, field);
  if (unusedBits !== 0) throw new Malformed(field, "a BIT STRING that does not end on a whole octet");
  return octets2;
}
function isCharacterString(tag) {
  return CHARACTER_STRINGS.has(tag);
}
function characterString(tlv2, field) {
  const decode = CHARACTER_STRINGS.get(tlv2.tag);
  const text2 = decode?.(tlv2.content);
  if (text2 === void 0 || text2 === null) {
    throw new Malformed(field, "has characters that its string type does not allow");
  }
  return text2;
}
function ia5(content, field) {
  const text2 = matching(IA5, content);
  if (text2 === null) throw new Malformed(field, "has characters outside ASCII");
  return text2;
}
function utf8(content) {
  try {
    return UTF8.decode(content);
  } catch {
    return null;
  }
}
function matching(allowed, content) {
  const text2 = latin1(content);
  return allowed.test(text2) ? text2 : null;
}
function wide(content, width) {
  if (content.length % width !== 0) return null;
  let text2 = "";
  for (let i = 0; i < content.length; i += width) {
    const point = content.subarray(i, i + width).reduce((sum, octet) => sum * 256 + octet, 0);
    if (point > 1114111 || point >= 55296 && point <= 57343) return null;
    text2 += String.fromCodePoint(point);
  }
  return text2;
}
function integerHex(octets2) {
  const [first = 0] = octets2;
  if (first < 128) return toHex(first === 0 && octets2.length > 1 ? octets2.subarray(1) : octets2);
  const magnitude = (1n << BigInt(8 * octets2.length)) - BigInt(`0x${toHex(octets2)}`);
  const digits = magnitude.toString(16);
  return `-${digits.length % 2 === 0 ? "" : "0"}${digits}`;
}
function sameOctets(a, b) {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
var MAX_NUMBER_OCTETS, PRINTABLE, NUMERIC, IA5, VISIBLE, UTF8, CHARACTER_STRINGS, LATIN1;
var init_values = __esm({
  "src/x509/asn1/values.ts"() {
    "use strict";
    init_bytes();
    init_limits();
    init_der();
    init_malformed();
    MAX_NUMBER_OCTETS = 7;
    PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;
    NUMERIC = /^[0-9 ]*$/;
    IA5 = /^[\u0000-\u007f]*$/;
    VISIBLE = /^[\u0020-\u007e]*$/;
    UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    CHARACTER_STRINGS = /* @__PURE__ */ new Map([
      [TAG.utf8String, utf8],
      [TAG.numericString, (content) => matching(NUMERIC, content)],
      // Real roots have * and & in PrintableString, although X.680 has neither. They are harmless, and Go reads them too.
      [TAG.printableString, (content) => matching(PRINTABLE, content)],
      // T.61 is read as Latin-1, as in every other reader: no reader implements its escapes.
      [TAG.teletexString, latin1],
      [TAG.ia5String, (content) => matching(IA5, content)],
      [TAG.visibleString, (content) => matching(VISIBLE, content)],
      [TAG.universalString, (content) => wide(content, 4)],
      [TAG.bmpString, (content) => wide(content, 2)]
    ]);
    LATIN1 = new TextDecoder("latin1");
  }
});

// src/testing/test-ca.ts
init_bytes();

// src/core/rfc3339.ts
function rfc3339(unixSeconds) {
  return new Date(unixSeconds * 1e3).toISOString().replace(".000Z", "Z");
}

// src/x509/index.ts
init_der();
init_oids();
init_values();

// src/core/result.ts
function ok(value) {
  return { ok: true, value };
}
function fail(error) {
  return { ok: false, error };
}

// src/x509/certificate/informing-extensions.ts
init_der();
init_malformed();
init_oids();

// src/x509/certificate/extension-values.ts
init_bytes();
init_der();
init_malformed();
init_values();

// src/x509/certificate/general-name.ts
init_bytes();
init_der();
init_malformed();
init_values();

// src/x509/certificate/name.ts
init_der();
init_values();
function readName(reader, field) {
  return nameFrom(reader.expect(TAG.sequence, field), field);
}
function nameFrom(sequence, field) {
  const members = sequence.open(field);
  const rdns = [];
  while (!members.done) {
    rdns.push(readRdn(members.expect(TAG.set, field).open(field), field));
  }
  return { der: sequence.der, rdns };
}
function hasEmptyRdn({ rdns }) {
  return rdns.some((rdn) => rdn.length === 0);
}
function readRdn(set2, field) {
  const rdn = [];
  while (!set2.done) rdn.push(readAttribute(set2.sequence(field), field));
  return rdn;
}
function readAttribute(reader, field) {
  const type = readOid(reader, field);
  const value = reader.read(field);
  reader.end(field);
  const text2 = isCharacterString(value.tag) ? characterString(value, field) : null;
  if (text2 === null) value.checkBelow(field);
  return { type, tag: value.tag, text: text2, der: value.der };
}

// src/x509/certificate/general-name.ts
var P = (n) => contextTag(n, "primitive");
var C = (n) => contextTag(n, "constructed");
var DNS_NAME = /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
function isDomainName(value) {
  return DNS_NAME.test(value);
}
function readGeneralName(reader, field, place) {
  const tlv2 = reader.read(field);
  const part = (read2) => place === "constraint" ? read2() : unlessMalformed(read2);
  switch (tlv2.tag) {
    case C(0):
      return { form: "otherName", type: part(() => otherNameType(tlv2, `${field} otherName`)) };
    case P(1):
      return { form: "rfc822Name", value: text(tlv2, `${field} rfc822Name`, place) };
    case P(2):
      return { form: "dNSName", value: dnsName(tlv2, `${field} dNSName`, place) };
    case C(3):
    case C(5):
      part(() => tlv2.checkBelow(field));
      return { form: tlv2.tag === C(3) ? "x400Address" : "ediPartyName" };
    case C(4):
      return { form: "directoryName", name: part(() => directoryName(tlv2, `${field} directoryName`)) };
    case P(6):
      return { form: "uniformResourceIdentifier", value: text(tlv2, `${field} URI`, place) };
    case P(7):
      return { form: "iPAddress", octets: ipAddress(tlv2, `${field} iPAddress`, place) };
    case P(8):
      return { form: "registeredID", type: part(() => oidValue(tlv2, `${field} registeredID`)) };
    default:
      throw new Malformed(field, "has a GeneralName of no known form");
  }
}
function readGeneralNames(reader, field) {
  const names = [];
  while (!reader.done) names.push(readGeneralName(reader, field, "name"));
  if (names.length === 0) throw new Malformed(field, "has no names");
  return names;
}
function unlessMalformed(read2) {
  try {
    return read2();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return void 0;
  }
}
function otherNameType(tlv2, field) {
  const inner = tlv2.open(field);
  const type = readOid(inner, field);
  const value = inner.expect(C(0), field).open(field);
  inner.end(field);
  value.read(field).checkBelow(field);
  value.end(field);
  return type;
}
function text({ content }, field, place) {
  return place === "constraint" ? ia5(content, field) : latin1(content);
}
function dnsName(tlv2, field, place) {
  const value = text(tlv2, field, place);
  if (place === "name") return value;
  const bare = value.replace(/^\./, "");
  if (bare !== "" && !isDomainName(bare)) throw new Malformed(field, "is not a domain name");
  return value;
}
function directoryName(tlv2, field) {
  const inner = tlv2.open(field);
  const name2 = nameFrom(inner.expect(TAG.sequence, field), field);
  inner.end(field);
  if (hasEmptyRdn(name2)) throw new Malformed(field, "has an empty RelativeDistinguishedName");
  return name2;
}
function ipAddress({ content: octets2 }, field, place) {
  if (place === "name") return octets2;
  if (octets2.length !== 8 && octets2.length !== 32) throw new Malformed(field, `has ${octets2.length} bytes`);
  if (!isPrefixMask(octets2.subarray(octets2.length / 2))) {
    throw new Malformed(field, "has a mask that is not a prefix (RFC 4632 3.1)");
  }
  return octets2;
}
function isPrefixMask(mask) {
  let ended = false;
  for (const octet of mask) {
    for (let bit = 128; bit > 0; bit >>= 1) {
      const set2 = (octet & bit) !== 0;
      if (set2 && ended) return false;
      ended = !set2;
    }
  }
  return true;
}

// src/x509/certificate/policy-qualifiers.ts
init_der();
init_malformed();
init_values();
var CPS = "1.3.6.1.5.5.7.2.1";
var USER_NOTICE = "1.3.6.1.5.5.7.2.2";
var DISPLAY_TEXT = /* @__PURE__ */ new Set([TAG.ia5String, TAG.visibleString, TAG.bmpString, TAG.utf8String]);
function checkPolicyQualifiers(qualifiers, field) {
  if (qualifiers.done) throw new Malformed(field, "is empty");
  while (!qualifiers.done) {
    const info = qualifiers.sequence(field);
    const id = readOid(info, field);
    if (id === CPS) ia5(info.expect(TAG.ia5String, `${field}.cPSuri`).content, `${field}.cPSuri`);
    else if (id === USER_NOTICE) checkUserNotice(info.sequence(`${field}.userNotice`), `${field}.userNotice`);
    else throw new Malformed(field, `has a qualifier that is not known: ${id}`);
    info.end(field);
  }
}
function checkUserNotice(notice, field) {
  const reference = notice.optional(TAG.sequence, `${field}.noticeRef`)?.open(`${field}.noticeRef`);
  if (reference !== void 0) checkNoticeReference(reference, `${field}.noticeRef`);
  if (!notice.done) checkDisplayText(notice, `${field}.explicitText`);
  notice.end(field);
}
function checkNoticeReference(reference, field) {
  checkDisplayText(reference, `${field}.organization`);
  const numbers = reference.sequence(`${field}.noticeNumbers`);
  while (!numbers.done) integerOctets(numbers.expect(TAG.integer, field), `${field}.noticeNumbers`);
  reference.end(field);
}
function checkDisplayText(reader, field) {
  const text2 = reader.read(field);
  if (!DISPLAY_TEXT.has(text2.tag)) throw new Malformed(field, "is not a DisplayText");
  characterString(text2, field);
}

// src/x509/certificate/extension-values.ts
var P2 = (n) => contextTag(n, "primitive");
var C2 = (n) => contextTag(n, "constructed");
function readAuthorityKeyIdentifier(value, field) {
  const members = value.sequence(field);
  const keyIdentifier2 = members.optional(P2(0), field);
  const issuer = members.optional(C2(1), field);
  const serial = members.optional(P2(2), field);
  members.end(field);
  if (issuer !== void 0) readGeneralNames(issuer.open(field), field);
  if (serial !== void 0) integerOctets(serial, field);
  return keyIdentifier2 && toHex(keyIdentifier2.content);
}
var KEY_USAGE_BITS = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly"
];
function readKeyUsage(value, field) {
  const { octets: octets2 } = bitString(value.expect(TAG.bitString, field), field);
  return new Set(KEY_USAGE_BITS.filter((_, bit) => ((octets2[bit >> 3] ?? 0) & 128 >> (bit & 7)) !== 0));
}
function readSubjectKeyIdentifier(value, field) {
  return toHex(value.expect(TAG.octetString, field).content);
}
function readCertificatePolicies(value, field) {
  return readPolicies(value, field, (qualifiers) => qualifiers.checkBelow(field));
}
function checkCriticalPolicies(value, field) {
  const qualifierField = `${field}.policyQualifiers`;
  readPolicies(value, field, (qualifiers) => checkPolicyQualifiers(qualifiers.open(qualifierField), qualifierField));
}
function readPolicies(value, field, check) {
  const list = value.sequence(field);
  if (list.done) throw new Malformed(field, "is empty");
  const policies = /* @__PURE__ */ new Set();
  while (!list.done) {
    const policy = list.sequence(field);
    const oid2 = readOid(policy, field);
    if (policies.has(oid2)) throw new Malformed(field, `has policy ${oid2} twice`);
    policies.add(oid2);
    const qualifiers = policy.optional(TAG.sequence, field);
    if (qualifiers !== void 0) check(qualifiers);
    policy.end(field);
  }
  return policies;
}
function checkPolicyMappings(value, field) {
  const mappings = value.sequence(field);
  if (mappings.done) throw new Malformed(field, "is empty");
  while (!mappings.done) {
    const pair = mappings.sequence(field);
    readOid(pair, field);
    readOid(pair, field);
    pair.end(field);
  }
}
function readSubjectAltName(value, field) {
  const names = value.sequence(field);
  return names.done ? [] : readGeneralNames(names, field);
}
var PROCESSED_FORMS = /* @__PURE__ */ new Set([
  "rfc822Name",
  "dNSName",
  "directoryName",
  "uniformResourceIdentifier",
  "iPAddress"
]);
function checkProcessedNames(value, field) {
  const names = readGeneralNames(value.sequence(field), field);
  if (names.some(({ form }) => PROCESSED_FORMS.has(form))) return;
  throw new Malformed(
    field,
    `has only names of forms that are not processed: ${[...new Set(names.map(({ form }) => form))].join(", ")}`
  );
}
function readBasicConstraints(value, field) {
  const members = value.sequence(field);
  const cA = booleanDefaultFalse(members, `${field}.cA`);
  const pathLen = members.optional(TAG.integer, `${field}.pathLenConstraint`);
  members.end(field);
  return { cA, pathLen: pathLen && smallCount(pathLen, `${field}.pathLenConstraint`) };
}
function readNameConstraints(value, field) {
  const members = value.sequence(field);
  const permitted = members.optional(C2(0), `${field}.permittedSubtrees`);
  const excluded = members.optional(C2(1), `${field}.excludedSubtrees`);
  members.end(field);
  if (permitted === void 0 && excluded === void 0) throw new Malformed(field, "is empty");
  return {
    permitted: permitted ? subtrees(permitted.open(field), `${field}.permittedSubtrees`) : [],
    excluded: excluded ? subtrees(excluded.open(field), `${field}.excludedSubtrees`) : []
  };
}
function subtrees(reader, field) {
  const bases = [];
  while (!reader.done) {
    const subtree = reader.sequence(field);
    bases.push(readGeneralName(subtree, field, "constraint"));
    const minimum = subtree.optional(P2(0), `${field}.minimum`);
    if (minimum !== void 0 && smallCount(minimum, `${field}.minimum`) !== 0) {
      throw new Malformed(`${field}.minimum`, "is not 0");
    }
    if (subtree.nextTag === P2(1)) throw new Malformed(`${field}.maximum`, "is present");
    subtree.end(field);
  }
  if (bases.length === 0) throw new Malformed(field, "is empty");
  return bases;
}
function checkPolicyConstraints(value, field) {
  const members = value.sequence(field);
  if (members.done) throw new Malformed(field, "is empty");
  for (const n of [0, 1]) {
    const skip = members.optional(P2(n), field);
    if (skip !== void 0) smallCount(skip, field);
  }
  members.end(field);
}
function readExtKeyUsage(value, field) {
  const members = value.sequence(field);
  const purposes = [];
  while (!members.done) purposes.push(readOid(members, field));
  if (purposes.length === 0) throw new Malformed(field, "is empty");
  return purposes;
}
function checkDistributionPoints(value, field) {
  const points = value.sequence(field);
  if (points.done) throw new Malformed(field, "is empty");
  while (!points.done) {
    const point = points.sequence(field);
    const name2 = point.optional(C2(0), `${field}.distributionPoint`);
    const reasons = point.optional(P2(1), `${field}.reasons`);
    const issuer = point.optional(C2(2), `${field}.cRLIssuer`);
    point.end(field);
    if (name2 !== void 0) checkDistributionPointName(name2.open(field), `${field}.distributionPoint`);
    if (reasons !== void 0) bitString(reasons, `${field}.reasons`);
    if (issuer !== void 0) readGeneralNames(issuer.open(field), `${field}.cRLIssuer`);
    if (name2 === void 0 && issuer === void 0) throw new Malformed(field, "has a point without a name");
  }
}
function checkDistributionPointName(choice, field) {
  const tlv2 = choice.read(field);
  choice.end(field);
  if (tlv2.tag === C2(0)) readGeneralNames(tlv2.open(field), field);
  else if (tlv2.tag === C2(1)) checkRelativeName(tlv2.open(field), field);
  else throw new Malformed(field, "is neither fullName nor nameRelativeToCRLIssuer");
}
function checkRelativeName(set2, field) {
  if (readRdn(set2, field).length === 0) throw new Malformed(field, "has an empty RelativeDistinguishedName");
}
function checkInhibitAnyPolicy(value, field) {
  smallCount(value.expect(TAG.integer, field), field);
}

// src/x509/certificate/informing-extensions.ts
function whenAsked(oid2, name2, read2) {
  const known = /* @__PURE__ */ new WeakMap();
  return ({ extensions: extensions2 }) => {
    const extension2 = extensions2.list.find((candidate) => candidate.oid === oid2);
    if (extension2 === void 0) return void 0;
    const reading = known.get(extension2) ?? readOnce(extension2, name2, read2);
    known.set(extension2, reading);
    return reading;
  };
}
function readOnce(extension2, name2, read2) {
  try {
    const value = DerReader.over(extension2.value);
    const result = read2(value, name2);
    value.end(name2);
    return ok(result);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return fail({ field: error.field, problem: error.problem });
  }
}
var subjectAltName = whenAsked(
  EXTENSION.subjectAltName,
  "subjectAltName",
  readSubjectAltName
);
var certificatePolicies = whenAsked(
  EXTENSION.certificatePolicies,
  "certificatePolicies",
  readCertificatePolicies
);
var authorityKey = whenAsked(EXTENSION.authorityKeyIdentifier, "authorityKeyIdentifier", readAuthorityKeyIdentifier);
var subjectKey = whenAsked(EXTENSION.subjectKeyIdentifier, "subjectKeyIdentifier", readSubjectKeyIdentifier);
function authorityKeyIdentifier(certificate) {
  const reading = authorityKey(certificate);
  return reading?.ok ? reading.value : void 0;
}
function subjectKeyIdentifier(certificate) {
  const reading = subjectKey(certificate);
  return reading?.ok ? reading.value : void 0;
}

// src/x509/certificate/certificate.ts
init_der();
init_malformed();

// src/x509/asn1/time.ts
init_der();
init_malformed();
function readTime(reader, field) {
  const tag = reader.nextTag;
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) {
    throw new Malformed(field, "is neither a UTCTime nor a GeneralizedTime");
  }
  const octets2 = reader.read(field).content;
  const yearDigits = tag === TAG.utcTime ? 2 : 4;
  if (!isForm(octets2, yearDigits + 10)) {
    throw new Malformed(
      field,
      `is not in the form ${tag === TAG.utcTime ? "YYMMDDHHMMSSZ" : "YYYYMMDDHHMMSSZ"} (RFC 5280 4.1.2.5)`
    );
  }
  const pair = (index) => digit(octets2, yearDigits + 2 * index) * 10 + digit(octets2, yearDigits + 2 * index + 1);
  const year = tag === TAG.utcTime ? century(twoDigits(octets2)) : twoDigits(octets2) * 100 + twoDigits(octets2.subarray(2));
  const [month, day, hour, minute, second] = [pair(0), pair(1), pair(2), pair(3), pair(4)];
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60;
  if (!real) throw new Malformed(field, "is a date or time that does not exist");
  return ((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}
function isForm(octets2, digits) {
  if (octets2.length !== digits + 1 || octets2[digits] !== 90) return false;
  for (let i = 0; i < digits; i += 1) if (!(digit(octets2, i) >= 0 && digit(octets2, i) <= 9)) return false;
  return true;
}
function digit(octets2, index) {
  return (octets2[index] ?? 0) - 48;
}
function twoDigits(octets2) {
  return digit(octets2, 0) * 10 + digit(octets2, 1);
}
function daysIn(year, month) {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
function isLeap(year) {
  return year % 4 === 0 && year % 100 !== 0 || year % 400 === 0;
}
function daysSinceEpoch(year, month, day) {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}
function century(year) {
  return year >= 50 ? 1900 + year : 2e3 + year;
}

// src/x509/certificate/certificate.ts
init_values();
init_limits();

// src/x509/certificate/algorithm.ts
init_der();
init_oids();
init_values();
function readAlgorithm(reader, field) {
  const sequence = reader.expect(TAG.sequence, field);
  const members = sequence.open(field);
  const oid2 = readOid(members, field);
  const parameters = members.done ? void 0 : members.read(`${field}.parameters`);
  parameters?.checkBelow(`${field}.parameters`);
  members.end(field);
  return { oid: oid2, parameters, der: sequence.der };
}
function isNull(parameters) {
  return parameters?.tag === TAG.null && parameters.content.length === 0;
}
var SIGNATURES = new Map(
  [
    ["1.2.840.113549.1.1.5", "RSASSA-PKCS1-v1_5", "SHA-1"],
    ["1.2.840.113549.1.1.11", "RSASSA-PKCS1-v1_5", "SHA-256"],
    ["1.2.840.113549.1.1.12", "RSASSA-PKCS1-v1_5", "SHA-384"],
    ["1.2.840.113549.1.1.13", "RSASSA-PKCS1-v1_5", "SHA-512"],
    ["1.2.840.10045.4.1", "ECDSA", "SHA-1"],
    ["1.2.840.10045.4.3.2", "ECDSA", "SHA-256"],
    ["1.2.840.10045.4.3.3", "ECDSA", "SHA-384"],
    ["1.2.840.10045.4.3.4", "ECDSA", "SHA-512"]
  ].map(([oid2, scheme, hash]) => [oid2, { name: signatureName(oid2), scheme, hash }])
);
function signatureName(oid2) {
  return SIGNATURE_NAMES.get(oid2) ?? oid2;
}

// src/x509/certificate/extensions.ts
init_der();
init_malformed();
init_oids();

// src/x509/certificate/extension-list.ts
init_der();
init_malformed();
init_values();
function readExtensionList(reader, field, known, values) {
  const members = reader.sequence(field);
  if (members.done) throw new Malformed(field, "is empty");
  const list = [];
  const seen = /* @__PURE__ */ new Set();
  while (!members.done) {
    const extension2 = readExtension(members.sequence(field), field, known, values);
    if (seen.has(extension2.oid)) {
      throw new Malformed(field, `has ${known.get(extension2.oid)?.name ?? extension2.oid} twice`);
    }
    seen.add(extension2.oid);
    list.push(extension2);
  }
  return list;
}
function readExtension(reader, field, known, values) {
  const oid2 = readOid(reader, `${field}.extnID`);
  const extension2 = known.get(oid2);
  const name2 = extension2?.name ?? oid2;
  const critical = booleanDefaultFalse(reader, `${name2}.critical`);
  const wrapped = reader.expect(TAG.octetString, `${name2}.extnValue`);
  reader.end(name2);
  if (extension2?.read !== void 0) {
    const value = wrapped.open(name2);
    extension2.read(value, name2, values);
    value.end(name2);
  }
  return { oid: oid2, critical, value: wrapped.content };
}

// src/x509/certificate/extensions.ts
function neverCritical(name2, section) {
  return {
    name: name2,
    ifCritical: (_value, field) => {
      throw new Malformed(field, `is marked critical, which RFC 5280 ${section} forbids`);
    }
  };
}
var KNOWN = /* @__PURE__ */ new Map([
  [
    EXTENSION.basicConstraints,
    {
      name: "basicConstraints",
      read: (value, field, values) => {
        values.basicConstraints = readBasicConstraints(value, field);
      }
    }
  ],
  [
    EXTENSION.keyUsage,
    {
      name: "keyUsage",
      read: (value, field, values) => {
        values.keyUsage = readKeyUsage(value, field);
      }
    }
  ],
  [
    EXTENSION.extKeyUsage,
    {
      name: "extKeyUsage",
      read: (value, field, values) => {
        values.extKeyUsage = readExtKeyUsage(value, field);
      }
    }
  ],
  [
    EXTENSION.nameConstraints,
    {
      name: "nameConstraints",
      read: (value, field, values) => {
        values.nameConstraints = readNameConstraints(value, field);
      }
    }
  ],
  [EXTENSION.policyMappings, { name: "policyMappings", read: checkPolicyMappings }],
  [EXTENSION.policyConstraints, { name: "policyConstraints", read: checkPolicyConstraints }],
  [EXTENSION.inhibitAnyPolicy, { name: "inhibitAnyPolicy", read: checkInhibitAnyPolicy }],
  [EXTENSION.certificatePolicies, { name: "certificatePolicies", ifCritical: checkCriticalPolicies }],
  [EXTENSION.subjectAltName, { name: "subjectAltName", ifCritical: checkProcessedNames }],
  [EXTENSION.crlDistributionPoints, { name: "cRLDistributionPoints", ifCritical: checkDistributionPoints }],
  [
    EXTENSION.issuerAltName,
    {
      name: "issuerAltName",
      ifCritical: (_value, field) => {
        throw new Malformed(field, "is not processed (RFC 5280 4.2.1.7)");
      }
    }
  ],
  [EXTENSION.authorityKeyIdentifier, neverCritical("authorityKeyIdentifier", "4.2.1.1")],
  [EXTENSION.subjectKeyIdentifier, neverCritical("subjectKeyIdentifier", "4.2.1.2")],
  [EXTENSION.subjectDirectoryAttributes, neverCritical("subjectDirectoryAttributes", "4.2.1.8")],
  [EXTENSION.freshestCRL, neverCritical("freshestCRL", "4.2.1.15")],
  [EXTENSION.authorityInfoAccess, neverCritical("authorityInfoAccess", "4.2.2.1")],
  [EXTENSION.subjectInfoAccess, neverCritical("subjectInfoAccess", "4.2.2.2")]
]);
var NO_EXTENSIONS = { list: [], values: {} };
function readExtensions(tbs) {
  const field = "tbsCertificate.extensions";
  const wrapper = tbs.expect(contextTag(3, "constructed"), field).open(field);
  const values = {};
  const list = readExtensionList(wrapper, field, KNOWN, values);
  wrapper.end(field);
  return { list, values };
}

// src/x509/certificate/public-key.ts
init_der();
init_malformed();
init_oids();
init_values();
var CURVE_BITS = /* @__PURE__ */ new Map([
  ["P-256", 256],
  ["P-384", 384],
  ["P-521", 521]
]);
var OTHER_NAMES = /* @__PURE__ */ new Map([
  [KEY_ALGORITHM.rsassaPss, "RSASSA-PSS"],
  [KEY_ALGORITHM.ed25519, "Ed25519"],
  [KEY_ALGORITHM.ed448, "Ed448"]
]);
function readPublicKey(reader, field) {
  const sequence = reader.expect(TAG.sequence, field);
  const members = sequence.open(field);
  const algorithm = readAlgorithm(members, `${field}.algorithm`);
  const keyField = `${field}.subjectPublicKey`;
  const subjectPublicKey = members.expect(TAG.bitString, keyField);
  const keyOctets = octetAlignedBitString(subjectPublicKey, keyField);
  members.end(field);
  const kind = keyKind(algorithm, keyOctets, keyField);
  const lacksNull = kind.type === "RSA" && algorithm.parameters === void 0;
  return { algorithm, kind, keyOctets, der: lacksNull ? underRsaEncryption(subjectPublicKey.der) : sequence.der };
}
var RSA_ENCRYPTION = Uint8Array.of(48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0);
function underRsaEncryption(subjectPublicKey) {
  const length = RSA_ENCRYPTION.length + subjectPublicKey.length;
  const header = length < 128 ? [length] : length < 256 ? [129, length] : [130, Math.floor(length / 256), length % 256];
  return Uint8Array.from([TAG.sequence, ...header, ...RSA_ENCRYPTION, ...subjectPublicKey]);
}
function keyKind(algorithm, keyOctets, field) {
  switch (algorithm.oid) {
    case KEY_ALGORITHM.rsa:
      if (algorithm.parameters !== void 0 && !isNull(algorithm.parameters)) {
        throw new Malformed(field, "an RSA key with parameters other than NULL (RFC 3279 2.3.1)");
      }
      return rsaKey(keyOctets, field);
    case KEY_ALGORITHM.ec:
      return ecKey(algorithm, keyOctets, field);
    default:
      return { type: "other", name: OTHER_NAMES.get(algorithm.oid) ?? algorithm.oid };
  }
}
function rsaKey(keyOctets, field) {
  const outer = DerReader.over(keyOctets);
  const members = outer.sequence(field);
  outer.end(field);
  const modulus = unsignedOctets(members.expect(TAG.integer, `${field}.modulus`), `${field}.modulus`);
  const exponent = unsignedOctets(members.expect(TAG.integer, `${field}.publicExponent`), `${field}.publicExponent`);
  members.end(field);
  const even = (octets2) => ((octets2.at(-1) ?? 0) & 1) === 0;
  if (even(modulus)) throw new Malformed(`${field}.modulus`, "is even");
  if (even(exponent) || exponent.length === 1 && (exponent[0] ?? 0) < 3) {
    throw new Malformed(`${field}.publicExponent`, "is not an odd number of at least 3");
  }
  return { type: "RSA", bits: (modulus.length - 1) * 8 + (32 - Math.clz32(modulus[0] ?? 0)), exponent };
}
function ecKey(algorithm, keyOctets, field) {
  const { parameters } = algorithm;
  if (parameters === void 0) throw new Malformed(field, "an EC key without a curve");
  if (parameters.tag !== TAG.objectIdentifier) return { type: "EC", curve: "with explicit parameters", bits: void 0 };
  const oid2 = oidValue(parameters, field);
  const curve = CURVE_NAMES.get(oid2) ?? oid2;
  const bits2 = CURVE_BITS.get(curve);
  if (bits2 === void 0) return { type: "EC", curve, bits: bits2 };
  const [form] = keyOctets;
  const coordinate = Math.ceil(bits2 / 8);
  if (form === 4 && keyOctets.length === 1 + 2 * coordinate) return { type: "EC", curve, bits: bits2 };
  if ((form === 2 || form === 3) && keyOctets.length === 1 + coordinate) {
    return { type: "EC", curve, bits: bits2, compressed: true };
  }
  throw new Malformed(field, `is neither an uncompressed nor a compressed point of ${curve}`);
}

// src/x509/certificate/certificate.ts
function readCertificate(der) {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    return fail({ reason: "certificate_too_large", bytes: der.length, limitBytes: MAX_CERTIFICATE_BYTES });
  }
  try {
    return ok(read(der));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const reason = error instanceof TooComplex ? "certificate_too_complex" : "malformed_certificate";
    return fail({ reason, field: error.field, problem: error.problem });
  }
}
function read(der) {
  const outer = DerReader.over(der);
  const members = outer.sequence("certificate");
  outer.end("certificate");
  const tbs = members.expect(TAG.sequence, "tbsCertificate");
  const signatureAlgorithm = readAlgorithm(members, "signatureAlgorithm");
  const signature = octetAlignedBitString(members.expect(TAG.bitString, "signatureValue"), "signatureValue");
  members.end("certificate");
  return { der, tbs: tbs.der, signatureAlgorithm, signature, ...readTbs(tbs, signatureAlgorithm) };
}
function readTbs(tbs, signatureAlgorithm) {
  const members = tbs.open("tbsCertificate");
  const version = readVersion(members);
  const serialNumber = readSerialNumber(members);
  const inner = readAlgorithm(members, "tbsCertificate.signature");
  if (!sameOctets(inner.der, signatureAlgorithm.der)) {
    throw new Malformed("signatureAlgorithm", "differs from tbsCertificate.signature");
  }
  const issuer = readName(members, "tbsCertificate.issuer");
  const validity2 = members.sequence("tbsCertificate.validity");
  const notBefore = readTime(validity2, "tbsCertificate.validity.notBefore");
  const notAfter = readTime(validity2, "tbsCertificate.validity.notAfter");
  validity2.end("tbsCertificate.validity");
  const subject = readName(members, "tbsCertificate.subject");
  const publicKey = readPublicKey(members, "tbsCertificate.subjectPublicKeyInfo");
  skipUniqueIdentifiers(members, version);
  const extensions2 = members.done ? NO_EXTENSIONS : readExtensions(members);
  members.end("tbsCertificate");
  if (extensions2.list.length > 0 && version !== 3) {
    throw new Malformed("tbsCertificate.version", `is ${version}, which has no extensions`);
  }
  return { version, serialNumber, issuer, subject, notBefore, notAfter, publicKey, extensions: extensions2 };
}
function readVersion(members) {
  const field = "tbsCertificate.version";
  const wrapper = members.optional(contextTag(0, "constructed"), field);
  if (wrapper === void 0) return 1;
  const inner = wrapper.open(field);
  const octets2 = integerOctets(inner.expect(TAG.integer, field), field);
  inner.end(field);
  const [version] = octets2;
  if (octets2.length === 1 && version === 0) return 1;
  if (octets2.length === 1 && version === 1) return 2;
  if (octets2.length === 1 && version === 2) return 3;
  throw new Malformed(field, "is not 1, 2 or 3");
}
function readSerialNumber(members) {
  const field = "tbsCertificate.serialNumber";
  const octets2 = integerOctets(members.expect(TAG.integer, field), field);
  if (octets2.length > MAX_SERIAL_BYTES) throw new Malformed(field, `is longer than ${MAX_SERIAL_BYTES} bytes`);
  return octets2;
}
function skipUniqueIdentifiers(members, version) {
  for (const [number2, field] of [
    [1, "tbsCertificate.issuerUniqueID"],
    [2, "tbsCertificate.subjectUniqueID"]
  ]) {
    const tlv2 = members.optional(contextTag(number2, "primitive"), field);
    if (tlv2 === void 0) continue;
    bitString(tlv2, field);
    if (version === 1) throw new Malformed(field, "is in a version 1 certificate");
  }
}

// src/x509/text/base64.ts
init_bytes();
var BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
var DROPPED_BITS = /(?:[^AQgw]==|[^AEIMQUYcgkosw048=]=)$/;
function decodeBase64(text2) {
  if (text2.length % 4 !== 0 || !BASE64.test(text2) || DROPPED_BITS.test(text2)) return void 0;
  return fromBase64(text2);
}

// src/x509/text/pem.ts
init_bytes();
init_limits();

// src/x509/text/plain.ts
var MISREAD_BYTE_ORDER_MARK = /^\s*(?:\u00ff\u00fe|\u00fe\u00ff|\u00ef\u00bb\u00bf|\ufffd\ufffd)/;
var INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
var BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
var LINE_END = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
var PLAIN = /^[\t\n -[\]-~]*$/;
var WRITTEN_OUT = /\\{1,2}([nrt])/g;
var WRITTEN = { n: "\n", r: "\r", t: "	" };
function plainText(text2) {
  if (PLAIN.test(text2)) return text2;
  return text2.replaceAll("\0", "").replace(MISREAD_BYTE_ORDER_MARK, "").replace(WRITTEN_OUT, (_, letter) => WRITTEN[letter] ?? "").replace(LINE_END, "\n").replace(BLANK, " ").replace(INVISIBLE, "");
}

// src/x509/text/text-kind.ts
var KINDS = [
  ["url", /^(?:https?|ftp|s3|ldaps?):\/\//i],
  ["html", /^<(?:!doctype|html|head|body|\?xml)/i],
  // A variable or command within single quotes, which the shell did not fill in.
  ["shell", /^(?:\$[({A-Z_]|`)/i],
  ["json", /^[{["]/],
  ["file_path", /^@?(?:file:|~?\/|\.{1,2}[\\/]|[a-z]:[\\/])/i],
  // One line that ends like the name of a file of this kind.
  ["file_path", /^[^\n]{1,255}\.(?:pem|crt|cer|cert|der|ca|p7b|p7c|pfx|p12|jks|key|csr|txt)"?\)?$/i],
  ["ssh_key", /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-|sk-)/],
  ["openssl_text", /^(?:Certificate:\s|subject\s?=|issuer\s?=)/i],
  // The tag of a SEQUENCE and a length of more than 127 octets: DER that was read as text.
  ["der", /^0[\u0080-\uffff]/]
];
function kindOfText(text2) {
  const start = text2.trim().slice(0, 512);
  return KINDS.find(([, pattern]) => pattern.test(start))?.[0];
}

// src/x509/text/pem.ts
var BOUNDARY = /-----(BEGIN|END) ([A-Za-z0-9 ]*)-----/g;
var ANY_BOUNDARY = /-----(?:BEGIN|END)\b|^[-\u2010-\u2015\u2212]+ ?(?:BEGIN|END) [a-z0-9 ]+[-\u2010-\u2015\u2212]+$/i;
var DASH = /[-\u2010-\u2015\u2212]/;
function decodePem(text2) {
  const plain = plainText(text2);
  if (plain.trim() === "") return fail({ reason: "pem_empty" });
  const scanner = new BlockScanner();
  for (const [index, line] of plain.split("\n").entries()) {
    const fault2 = scanner.take(line, index + 1);
    if (fault2 !== void 0) return fail(fault2);
  }
  const fault = scanner.unterminated();
  if (fault !== void 0) return fail(fault);
  if (scanner.blocks.length > 0) return ok(scanner.blocks);
  return fail({ reason: "pem_no_certificate", looksLike: kindOfText(plain) });
}
var BlockScanner = class {
  blocks = [];
  #open;
  take(line, number2) {
    if (!ANY_BOUNDARY.test(line.trim())) return this.#open === void 0 ? void 0 : this.#takeBody(line, number2);
    let from = 0;
    for (const { 0: boundary, 1: kind, 2: label = "", index } of line.matchAll(BOUNDARY)) {
      const fault = this.#takeBeside(line.slice(from, index), number2) ?? this.#takeBoundary(kind, label, number2);
      if (fault !== void 0) return fault;
      from = index + boundary.length;
    }
    return this.#takeBeside(line.slice(from), number2);
  }
  /** The fault of a text that ends inside a block. */
  unterminated() {
    return this.#open && { reason: "pem_unterminated", line: this.#open.line };
  }
  /** Takes text on the line of a boundary: base64 within a block; outside of one there must be none. */
  #takeBeside(text2, line) {
    const isOther = this.#open === void 0 ? text2.trim() !== "" : DASH.test(text2);
    if (isOther) return { reason: "pem_boundary", line };
    return this.#open === void 0 ? void 0 : this.#takeBody(text2, line);
  }
  #takeBody(text2, line) {
    const base64 = text2.replace(/\s/g, "");
    if (!BASE64.test(base64)) return { reason: "pem_base64", line };
    this.#open?.body.push(base64);
    return void 0;
  }
  #takeBoundary(kind, label, line) {
    if (label !== "CERTIFICATE") return { reason: "pem_label", line, label };
    return kind === "BEGIN" ? this.#begin(line) : this.#close(line);
  }
  #begin(line) {
    if (this.#open !== void 0) return this.unterminated();
    if (this.blocks.length === MAX_CERTIFICATES_PER_UPLOAD) {
      return { reason: "too_many_certificates", limit: MAX_CERTIFICATES_PER_UPLOAD };
    }
    this.#open = { line, body: [] };
    return void 0;
  }
  #close(line) {
    if (this.#open === void 0) return { reason: "pem_end_without_begin", line };
    const der = decodeBase64(this.#open.body.join(""));
    if (der === void 0 || der.length === 0) return { reason: "pem_base64", line: this.#open.line };
    this.blocks.push(der);
    this.#open = void 0;
    return void 0;
  }
};
function encodePem(der, label = "CERTIFICATE") {
  return `-----BEGIN ${label}-----
${toBase64(der).replace(/.{1,64}/g, "$&\n")}-----END ${label}-----
`;
}

// src/testing/der.ts
init_bytes();
var bytes = (...parts) => concat(parts);
function concat(parts) {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
function tlv(tag, ...content) {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  if (length < 128) return bytes([tag, length], ...content);
  const octets2 = unsigned(BigInt(length));
  return bytes([tag, 128 | octets2.length], octets2, ...content);
}
var seq = (...content) => tlv(48, ...content);
var set = (...content) => tlv(49, ...content);
var bool = (value) => tlv(1, [value ? 255 : 0]);
var nul = () => tlv(5);
var octets = (content) => tlv(4, content);
var bits = (content, unused = 0) => tlv(3, [unused], content);
var explicit = (number2, ...content) => tlv(160 | number2, ...content);
var implicit = (number2, content) => tlv(128 | number2, content);
var ascii = (text2) => new TextEncoder().encode(text2);
var utf82 = (text2) => tlv(12, new TextEncoder().encode(text2));
var printable = (text2) => tlv(19, ascii(text2));
function int(value) {
  if (value instanceof Uint8Array) return tlv(2, value);
  const magnitude = unsigned(BigInt(value));
  return tlv(2, (magnitude[0] ?? 0) >= 128 ? [0] : [], magnitude);
}
function oid(dotted) {
  if (!/^\d+(?:\.\d+)+$/.test(dotted)) throw new TypeError(`${dotted} is not an OID in dotted form`);
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  return tlv(
    6,
    [first * 40n + second, ...rest].flatMap((arc) => base128(arc))
  );
}
function time(rfc33392) {
  const digits = rfc33392.replace(/[-:T]/g, "");
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? tlv(23, ascii(digits.slice(2))) : tlv(24, ascii(digits));
}
function base128(arc) {
  const out = [Number(arc & 127n)];
  for (let left = arc >> 7n; left > 0n; left >>= 7n) out.unshift(Number(left & 127n) | 128);
  return out;
}
function unsigned(value) {
  const hex2 = value.toString(16);
  return fromHex(hex2.length % 2 === 0 ? hex2 : `0${hex2}`);
}

// src/testing/keys.ts
init_bytes();
var number = (bits2) => ({ 256: 1, 384: 2, 512: 3 })[bits2];
var ecdsa = (namedCurve, bits2) => ({
  generate: { name: "ECDSA", namedCurve },
  sign: { name: "ECDSA", hash: `SHA-${bits2}` },
  identifier: seq(oid(`1.2.840.10045.4.3.${number(bits2) + 1}`)),
  ecdsa: true
});
var rsa = (name2, bits2) => ({
  name: name2,
  hash: `SHA-${bits2}`,
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1)
});
var rsaPkcs1 = (bits2) => ({
  generate: rsa("RSASSA-PKCS1-v1_5", bits2),
  sign: { name: "RSASSA-PKCS1-v1_5" },
  identifier: seq(oid(`1.2.840.113549.1.1.${number(bits2) + 10}`), nul())
});
var ed25519 = () => ({
  generate: { name: "Ed25519" },
  sign: { name: "Ed25519" },
  identifier: seq(oid("1.3.101.112"))
});
async function newKeys(signing) {
  const pair = await crypto.subtle.generateKey(signing.generate, true, ["sign", "verify"]);
  return { signing, privateKey: pair.privateKey, spki: await exported("spki", pair.publicKey) };
}
var PUBLIC_MEMBERS = /* @__PURE__ */ new Set(["kty", "crv", "x", "y", "n", "e"]);
async function keysFromPkcs8(signing, pkcs8) {
  const privateKey = await crypto.subtle.importKey("pkcs8", Uint8Array.from(pkcs8), signing.generate, true, ["sign"]);
  const jwk = Object.entries(await crypto.subtle.exportKey("jwk", privateKey));
  const publicJwk = Object.fromEntries(jwk.filter(([member]) => PUBLIC_MEMBERS.has(member)));
  const publicKey = await crypto.subtle.importKey("jwk", publicJwk, signing.generate, true, ["verify"]);
  return { signing, privateKey, spki: await exported("spki", publicKey) };
}
function pkcs8Of({ privateKey }) {
  return exported("pkcs8", privateKey);
}
async function exported(format, key) {
  return new Uint8Array(await crypto.subtle.exportKey(format, key));
}
async function signRaw(octets2, { signing, privateKey }) {
  return new Uint8Array(await crypto.subtle.sign(signing.sign, privateKey, Uint8Array.from(octets2)));
}
async function sign(tbs, keys) {
  const raw = await signRaw(tbs, keys);
  return keys.signing.ecdsa ? ecdsaDer(raw) : raw;
}
async function signatureValue(tbs, keys, { signature, breakSignature }) {
  if (signature !== void 0) return signature;
  const octets2 = await sign(tbs, keys);
  if (breakSignature) octets2[octets2.length - 1] = (octets2.at(-1) ?? 0) ^ 1;
  return bits(octets2);
}
function ecdsaDer(raw) {
  const half = raw.length / 2;
  const part = (from) => int(BigInt(`0x${toHex(raw.subarray(from, from + half))}`));
  return seq(part(0), part(half));
}

// src/testing/certificate.ts
function tbsCertificate(fields) {
  const { version = explicit(0, int(2)), serial, algorithm, issuer, notBefore, notAfter, subject, spki } = fields;
  const { extensions: extensions2, uniqueIds = bytes(), afterTbs = bytes() } = fields;
  const head = [version ?? bytes(), serial, algorithm, issuer, seq(notBefore, notAfter), subject, spki];
  return seq(...head, uniqueIds, extensions2 === null ? bytes() : explicit(3, seq(...extensions2)), afterTbs);
}
function certificateWith(fields, signature) {
  const { algorithm, outerAlgorithm = algorithm, after = bytes() } = fields;
  return seq(tbsCertificate(fields), outerAlgorithm, signature, after);
}
async function signedCertificate(fields, keys) {
  return certificateWith(fields, await signatureValue(tbsCertificate(fields), keys, fields));
}

// src/testing/extensions.ts
var nameOf = (...rdns) => seq(...rdns.map(([type, value]) => set(seq(oid(type), typeof value === "string" ? utf82(value) : value))));
var name = (cn) => nameOf(["2.5.4.3", cn]);
var extension = (id, value, critical) => seq(oid(id), ...critical === void 0 ? [] : [bool(critical)], octets(value));
var basicConstraints = (cA, pathLen) => extension("2.5.29.19", seq(...cA ? [bool(true)] : [], ...pathLen === void 0 ? [] : [int(pathLen)]), true);
var keyUsage = (octet, unused) => extension("2.5.29.15", bits(Uint8Array.of(octet), unused), true);
var extKeyUsage = (...oids) => extension("2.5.29.37", seq(...oids.map(oid)));
var subjectAltName2 = (names, critical) => extension("2.5.29.17", seq(...names), critical);
var subjectKeyIdentifier2 = (id) => extension("2.5.29.14", octets(id));
var authorityKeyIdentifier2 = (id) => extension("2.5.29.35", seq(implicit(0, id)));
var dns = (value) => implicit(2, ascii(value));
var email = (value) => implicit(1, ascii(value));
var uri = (value) => implicit(6, ascii(value));
var ip = (...address) => implicit(7, address);
var crlNumber = (value, critical) => extension("2.5.29.20", int(value), critical);
var reasonCode = (reason, critical) => extension("2.5.29.21", tlv(10, [reason]), critical);

// src/testing/crl.ts
function crlEntry({ serial, revokedAt, reason, extensions: extensions2 = [] }) {
  const all = [...reason === void 0 ? [] : [reasonCode(reason)], ...extensions2];
  return seq(int(serial), revokedAt, ...all.length === 0 ? [] : [seq(...all)]);
}
function tbsCertList(fields) {
  const { version = int(1), algorithm, issuer, thisUpdate, nextUpdate, revoked } = fields;
  const { extensions: extensions2, afterTbs = bytes() } = fields;
  return seq(
    version ?? bytes(),
    algorithm,
    issuer,
    thisUpdate,
    nextUpdate ?? bytes(),
    revokedCertificates(revoked),
    extensions2 === null ? bytes() : explicit(0, seq(...extensions2)),
    afterTbs
  );
}
function revokedCertificates(revoked) {
  if (revoked instanceof Uint8Array) return seq(revoked);
  return revoked.length === 0 ? bytes() : seq(concat(revoked.map(crlEntry)));
}
async function signedCrl(fields, keys) {
  const { algorithm, outerAlgorithm = algorithm, after = bytes() } = fields;
  const tbs = tbsCertList(fields);
  return seq(tbs, outerAlgorithm, await signatureValue(tbs, keys, fields), after);
}

// src/testing/key-types.ts
init_bytes();
var KEY_TYPES = {
  "P-256": () => ({ signing: ecdsa("P-256", 256), algorithm: ecKey2("1.2.840.10045.3.1.7") }),
  "P-384": () => ({ signing: ecdsa("P-384", 384), algorithm: ecKey2("1.3.132.0.34") }),
  "P-521": () => ({ signing: ecdsa("P-521", 512), algorithm: ecKey2("1.3.132.0.35") }),
  "RSA-2048": () => ({ signing: rsaPkcs1(256), algorithm: seq(oid("1.2.840.113549.1.1.1"), nul()) }),
  Ed25519: () => ({ signing: ed25519(), algorithm: seq(oid("1.3.101.112")) })
};
var NAMES = "P-256, P-384, P-521, RSA-2048, Ed25519";
var ecKey2 = (curve) => seq(oid("1.2.840.10045.2.1"), oid(curve));
async function newKeysOf(type) {
  if (!Object.hasOwn(KEY_TYPES, type)) throw new TypeError(`keyType: ${type} is none of ${NAMES}`);
  return newKeys(KEY_TYPES[type]().signing);
}
async function keysFromPem(pem) {
  const [, base64] = /-----BEGIN PRIVATE KEY-----([\w+/=\s]+)-----END PRIVATE KEY-----/.exec(pem) ?? [];
  if (base64 === void 0) throw new TypeError("key: no PEM block PRIVATE KEY, which is PKCS #8 without a password");
  try {
    const pkcs8 = fromBase64(base64);
    const algorithm = algorithmOf(pkcs8);
    const found = Object.values(KEY_TYPES).find((type) => sameOctets(type().algorithm, algorithm));
    if (found !== void 0) return await keysFromPkcs8(found().signing, pkcs8);
  } catch (cause) {
    throw new TypeError("key: it cannot be read", { cause });
  }
  throw new TypeError(`key: its type is none of ${NAMES}`);
}
async function pemOf(keys) {
  return encodePem(await pkcs8Of(keys), "PRIVATE KEY");
}
async function keyIdentifierOf({ spki }) {
  const members = DerReader.over(spki).sequence("subjectPublicKeyInfo");
  members.read("algorithm");
  const [, ...key] = members.read("subjectPublicKey").content;
  return new Uint8Array(await crypto.subtle.digest("SHA-1", Uint8Array.from(key)));
}
function algorithmOf(pkcs8) {
  const members = DerReader.over(pkcs8).sequence("key");
  members.read("version");
  return members.read("privateKeyAlgorithm").der;
}

// src/testing/names.ts
var TYPES = new Map(Array.from(ATTRIBUTE_NAMES, ([type, short]) => [short, type]));
var ENCODINGS = /* @__PURE__ */ new Map([
  ["C", printable],
  ["serialNumber", printable],
  ["dnQualifier", printable],
  ["DC", ia52],
  ["emailAddress", ia52]
]);
function subjectName(subject) {
  if (typeof subject === "string") return name(subject);
  return nameOf(
    ...Object.entries(subject).map(([short, text2]) => {
      const type = TYPES.get(short) ?? short;
      if (!/^[0-2](?:\.\d+)+$/.test(type)) {
        throw new TypeError(`subject: ${short} is no attribute; take one of ${[...TYPES.keys()].join(", ")}, or an OID`);
      }
      return [type, (ENCODINGS.get(short) ?? utf82)(text2)];
    })
  );
}
var FORMS = { DNS: dns, email, URI: uri, IP: (text2) => ip(...addressOctets(text2)) };
function generalName(text2) {
  const [, form = "", value = ""] = /^(\w+):(.*)$/s.exec(text2) ?? [];
  if (Object.hasOwn(FORMS, form)) return FORMS[form](value);
  throw new TypeError(`subjectAltName: ${text2} does not begin with ${Object.keys(FORMS).join(":, ")}:`);
}
function addressOctets(text2) {
  const octets2 = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text2) ? text2.split(".").map(Number) : [];
  if (octets2.length > 0 && octets2.every((octet) => octet < 256)) return octets2;
  if (!URL.canParse(`http://[${text2}]/`)) throw new TypeError(`subjectAltName: ${text2} is not an IP address`);
  const [front = [], back = []] = new URL(`http://[${text2}]/`).hostname.slice(1, -1).split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  return [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16)).flatMap((n) => [n >> 8, n & 255]);
}
function ia52(text2) {
  return tlv(22, ascii(text2));
}

// src/core/table.ts
function entryOf(table, discriminant, member) {
  const entry = table[member[discriminant]];
  return typeof entry === "function" ? entry(member) : entry;
}

// src/testing/read-pem.ts
function certificatesOf(argument, text2) {
  if (typeof text2 !== "string") throw new TypeError(`${argument} must be PEM text, not ${typeName(text2)}`);
  const decoded = decodePem(text2);
  if (!decoded.ok) {
    const problem = entryOf(PEM_PROBLEMS, "reason", decoded.error);
    throw new TypeError(`${argument} is not PEM of certificates: ${problem}`);
  }
  return decoded.value.map((der, index) => {
    const read2 = readCertificate(der);
    if (read2.ok) return read2.value;
    throw new TypeError(`${argument}: certificate ${index + 1} cannot be read: ${readProblem(read2.error)}`);
  });
}
function typeName(value) {
  return value === null ? "null" : typeof value;
}
var PEM_PROBLEMS = {
  pem_empty: "it is empty",
  pem_no_certificate: "it has no CERTIFICATE block",
  pem_label: ({ line, label }) => `line ${line} begins or ends a block of another kind, ${JSON.stringify(label)}`,
  pem_boundary: ({ line }) => `line ${line} is a malformed BEGIN or END line`,
  pem_unterminated: ({ line }) => `the block that begins on line ${line} has no END`,
  pem_end_without_begin: ({ line }) => `line ${line} is an END without a BEGIN`,
  pem_base64: ({ line }) => `the block around line ${line} is not base64`,
  too_many_certificates: ({ limit }) => `it has more than ${limit} certificates; pass them as several texts`
};
function readProblem(fault) {
  if (fault.reason === "certificate_too_large") return `it has ${fault.bytes} bytes, more than ${fault.limitBytes}`;
  return `${fault.field} ${fault.problem}`;
}

// src/testing/test-ca.ts
var DAY_MS = 864e5;
var CA_DAYS = 3650;
var END_ENTITY_DAYS = 90;
var CRL_DAYS = 30;
var KEY_PURPOSES = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2"
};
async function testCa(options = {}) {
  const { certificate, now, randomOctets = randomOctetsOf } = options;
  const source = { now: () => now ?? /* @__PURE__ */ new Date(), randomOctets };
  if (certificate !== void 0) return existingCa(certificate, options.key, source);
  return caOf(await make({ ...options, ca: true }, void 0, source), source);
}
async function make(options, above, source) {
  const keys = await (options.key === void 0 ? newKeysOf(options.keyType ?? "P-256") : keysFromPem(options.key));
  const subject = subjectName(options.subject ?? (options.ca ? "Test CA" : "client"));
  const keyIdentifier2 = await keyIdentifierOf(keys);
  const issuer = above ?? { subject, keys, keyIdentifier: keyIdentifier2, chain: "" };
  const serialNumber = (options.serialNumber ?? newSerialNumber(source)).toLowerCase();
  const { notBefore, notAfter } = validity(options, source.now());
  const fields = {
    serial: int(serialOctets(serialNumber)),
    algorithm: issuer.keys.signing.identifier,
    issuer: issuer.subject,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    subject,
    spki: keys.spki,
    extensions: extensions(options, keyIdentifier2, issuer.keyIdentifier),
    breakSignature: options.breakSignature ?? false
  };
  const certificate = encodePem(await signedCertificate(fields, issuer.keys));
  const own = { certificate, key: await pemOf(keys), chain: issuer.chain, serialNumber };
  return { subject, keys, keyIdentifier: keyIdentifier2, chain: above === void 0 ? "" : certificate + issuer.chain, own };
}
function caOf({ own, ...issuer }, source) {
  let lastNumber = 0n;
  async function issue(options = {}) {
    const made = await make(options, issuer, source);
    return options.ca ? caOf(made, source) : made.own;
  }
  return {
    ...own,
    issue,
    crl: async (options = {}) => {
      lastNumber = BigInt(options.number ?? lastNumber + 1n);
      return encodePem(await makeCrl(options, lastNumber, issuer, source.now()), "X509 CRL");
    }
  };
}
async function existingCa(pem, keyPem, source) {
  const [certificate, ...chain] = certificatesOf("certificate", pem);
  if (keyPem === void 0) throw new TypeError("certificate: its key is missing; it goes into key");
  const keys = await keysFromPem(keyPem);
  if (certificate === void 0 || !sameOctets(certificate.publicKey.der, keys.spki)) {
    throw new TypeError("certificate: key is the key of another certificate");
  }
  const known = subjectKeyIdentifier(certificate);
  const own = {
    certificate: encodePem(certificate.der),
    key: await pemOf(keys),
    chain: chain.map(({ der }) => encodePem(der)).join(""),
    serialNumber: toHex(certificate.serialNumber)
  };
  const isRoot = sameOctets(certificate.subject.der, certificate.issuer.der);
  return caOf(
    {
      subject: certificate.subject.der,
      keys,
      keyIdentifier: known === void 0 ? await keyIdentifierOf(keys) : fromHex(known),
      chain: isRoot ? "" : own.certificate + own.chain,
      own
    },
    source
  );
}
function validity({ ca, notBefore, notAfter }, now) {
  const from = notBefore ?? daysAfter(new Date(Math.min(now.getTime(), notAfter?.getTime() ?? Infinity)), -1);
  const usual = daysAfter(now, ca ? CA_DAYS : END_ENTITY_DAYS);
  return { notBefore: from, notAfter: notAfter ?? (usual > from ? usual : daysAfter(from, 1)) };
}
function extensions(options, own, issuer) {
  const { ca = false, pathLength, subjectAltName: subjectAltName3 = [], extensions: given = [] } = options;
  const { extendedKeyUsage = ca ? [] : ["clientAuth"] } = options;
  const purposes = extendedKeyUsage.map((purpose) => KEY_PURPOSES[purpose] ?? purpose);
  const usual = [
    ...ca ? [["2.5.29.19", basicConstraints(true, pathLength)]] : [],
    // keyCertSign and cRLSign, or digitalSignature (RFC 5280 4.2.1.3).
    ["2.5.29.15", ca ? keyUsage(6, 1) : keyUsage(128, 7)],
    ...purposes.length > 0 ? [["2.5.29.37", extKeyUsage(...purposes)]] : [],
    ["2.5.29.14", subjectKeyIdentifier2(own)],
    ["2.5.29.35", authorityKeyIdentifier2(issuer)],
    ...subjectAltName3.length > 0 ? [["2.5.29.17", subjectAltName2(subjectAltName3.map(generalName))]] : []
  ];
  return [
    ...usual.filter(([oid2]) => !given.some((extension2) => extension2.oid === oid2)).map(([, extension2]) => extension2),
    // DEFAULT FALSE is left out (X.690 11.5).
    ...given.map(({ oid: oid2, value, critical }) => extension(oid2, value, critical || void 0))
  ];
}
function makeCrl(options, number2, { subject, keys, keyIdentifier: keyIdentifier2 }, now) {
  const { revoked = [], nextUpdate } = options;
  const { thisUpdate = nextUpdate !== void 0 && nextUpdate <= now ? daysAfter(nextUpdate, -1) : now } = options;
  const fields = {
    algorithm: keys.signing.identifier,
    issuer: subject,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate ?? daysAfter(thisUpdate, CRL_DAYS)),
    revoked: revoked.map(({ serialNumber, revokedAt, reason }) => ({
      serial: serialOctets(serialNumber),
      revokedAt: timeOf(revokedAt ?? daysAfter(thisUpdate, -1)),
      ...reason !== void 0 && { reason }
    })),
    extensions: [authorityKeyIdentifier2(keyIdentifier2), crlNumber(number2)]
  };
  return signedCrl(fields, keys);
}
function serialOctets(serialNumber) {
  if (/^(?:[\da-f]{2})+$/i.test(serialNumber)) return fromHex(serialNumber);
  throw new TypeError("serialNumber: it must be pairs of hexadecimal digits");
}
function newSerialNumber({ randomOctets }) {
  const octets2 = Uint8Array.from(randomOctets(16));
  octets2[0] = (octets2[0] ?? 0) & 63 | 64;
  return toHex(octets2);
}
function randomOctetsOf(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}
function timeOf(date) {
  return time(rfc3339(Math.floor(date.getTime() / 1e3)));
}
function daysAfter(date, days) {
  return new Date(date.getTime() + days * DAY_MS);
}

// src/testing/tls-client-auth.ts
init_bytes();

// src/testing/distinguished-name.ts
init_bytes();
var OPENSSL_NAMES = new Map([
  ...ATTRIBUTE_NAMES,
  ["2.5.4.13", "description"],
  ["2.5.4.15", "businessCategory"],
  ["2.5.4.16", "postalAddress"],
  ["2.5.4.18", "postOfficeBox"],
  ["2.5.4.20", "telephoneNumber"],
  ["2.5.4.41", "name"],
  ["2.5.4.42", "GN"],
  ["2.5.4.43", "initials"],
  ["2.5.4.44", "generationQualifier"],
  ["2.5.4.45", "x500UniqueIdentifier"],
  ["2.5.4.65", "pseudonym"],
  ["1.2.840.113549.1.9.2", "unstructuredName"],
  ["1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"],
  ["1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"],
  ["1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"]
]);
function rfc2253(name2) {
  return name2.rdns.filter((rdn) => rdn.length > 0).toReversed().map((rdn) => rdn.toReversed().map(rfc2253Attribute).join("+")).join(",");
}
function rfc2253Attribute({ type, text: text2, der }) {
  const short = OPENSSL_NAMES.get(type);
  if (short === void 0 || text2 === null) return `${short ?? type}=#${toHex(der).toUpperCase()}`;
  const escaped = text2.replace(/[\\,+"<>;]/g, "\\$&").replace(/^#(?=.)|^ | $/gs, "\\$&").replace(
    /[^\u0020-\u007e]/gu,
    (character) => toHex(new TextEncoder().encode(character)).toUpperCase().replace(/../g, "\\$&")
  );
  return `${short}=${escaped}`;
}
function legacy(name2) {
  return name2.rdns.flat().map((attribute) => {
    const value = Array.from(
      valueOctets(attribute),
      (octet) => octet < 32 || octet > 126 ? `\\x${hexOctet(octet)}` : String.fromCharCode(octet)
    );
    return `/${OPENSSL_NAMES.get(attribute.type) ?? attribute.type}=${value.join("")}`;
  }).join("");
}
function valueOctets({ tag, der }) {
  if (tag === TAG.sequence) return der;
  const { content } = DerReader.over(der).read("attribute");
  return tag === TAG.bitString ? content.subarray(1) : content;
}
function hexOctet(octet) {
  return toHex(Uint8Array.of(octet)).toUpperCase();
}

// src/testing/tls-client-auth.ts
var MAX_CERTIFICATE_CHARACTERS = 10 * 1024;
var MAX_CHAIN_CHARACTERS = 16 * 1024;
async function tlsClientAuthFrom(pem, chain = [], options = {}) {
  const [leaf, ...rest] = [
    ...certificatesOf("pem", pem),
    ...(typeof chain === "string" ? [chain] : chain).filter(isNotBlank).flatMap((text2) => certificatesOf("chain", text2))
  ];
  if (leaf === void 0) throw new Error("PEM was read without a certificate");
  const { certVerified = verifiedByDefault(leaf), certRevoked = "0" } = options;
  checkVerified(certVerified);
  const issuer = [...rest, leaf].find((candidate) => isIssuer(candidate, leaf));
  const [sha1, sha256] = await Promise.all([digest("SHA-1", leaf.der), digest("SHA-256", leaf.der)]);
  const certificate = rfc9440([leaf], MAX_CERTIFICATE_CHARACTERS);
  const others = rfc9440(rest, MAX_CHAIN_CHARACTERS);
  return {
    certPresented: "1",
    certVerified,
    certRevoked,
    certIssuerDN: rfc2253(leaf.issuer),
    certSubjectDN: rfc2253(leaf.subject),
    certIssuerDNRFC2253: rfc2253(leaf.issuer),
    certSubjectDNRFC2253: rfc2253(leaf.subject),
    certIssuerDNLegacy: legacy(leaf.issuer),
    certSubjectDNLegacy: legacy(leaf.subject),
    certSerial: serialOf(leaf),
    certIssuerSerial: issuer === void 0 ? "" : serialOf(issuer),
    certSKI: keyIdentifier(subjectKeyIdentifier(leaf)),
    certIssuerSKI: keyIdentifier((issuer && subjectKeyIdentifier(issuer)) ?? authorityKeyIdentifier(leaf)),
    certFingerprintSHA1: sha1,
    certFingerprintSHA256: sha256,
    certNotBefore: opensslTime(leaf.notBefore),
    certNotAfter: opensslTime(leaf.notAfter),
    certRFC9440: certificate ?? "",
    certRFC9440TooLarge: certificate === void 0,
    certChainRFC9440: others ?? "",
    certChainRFC9440TooLarge: others === void 0
  };
}
function noTlsClientAuth() {
  return {
    certPresented: "0",
    certVerified: "NONE",
    certRevoked: "0",
    certIssuerDN: "",
    certSubjectDN: "",
    certIssuerDNRFC2253: "",
    certSubjectDNRFC2253: "",
    certIssuerDNLegacy: "",
    certSubjectDNLegacy: "",
    certSerial: "",
    certIssuerSerial: "",
    certSKI: "",
    certIssuerSKI: "",
    certFingerprintSHA1: "",
    certFingerprintSHA256: "",
    certNotBefore: "",
    certNotAfter: "",
    certRFC9440: "",
    certRFC9440TooLarge: false,
    certChainRFC9440: "",
    certChainRFC9440TooLarge: false
  };
}
function isNotBlank(text2) {
  return typeof text2 !== "string" || text2.trim() !== "";
}
function verifiedByDefault({ issuer, subject }) {
  const selfIssued = sameOctets(issuer.der, subject.der);
  return selfIssued ? "FAILED:self signed certificate" : "FAILED:unable to get local issuer certificate";
}
function checkVerified(text2) {
  if (/^(?:SUCCESS|FAILED(?::.+)?)$/.test(text2)) return;
  throw new TypeError(
    `certVerified must be SUCCESS, FAILED or FAILED:<reason>, not ${text2}; NONE is what noTlsClientAuth() has`
  );
}
function isIssuer(candidate, leaf) {
  const wanted = authorityKeyIdentifier(leaf);
  const own = subjectKeyIdentifier(candidate);
  return sameOctets(candidate.subject.der, leaf.issuer.der) && (wanted === void 0 || own === void 0 || wanted === own);
}
function serialOf({ serialNumber }) {
  return integerHex(serialNumber).toUpperCase();
}
function keyIdentifier(hex2) {
  return hex2?.toUpperCase() ?? "";
}
var MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
function opensslTime(seconds) {
  const date = new Date(seconds * 1e3);
  const day = String(date.getUTCDate()).padStart(2, " ");
  const clock = date.toISOString().slice(-13, -5);
  return `${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()} GMT`;
}
function rfc9440(certificates, maxCharacters) {
  const text2 = certificates.map(({ der }) => `:${toBase64(der)}:`).join(", ");
  return text2.length > maxCharacters ? void 0 : text2;
}
async function digest(algorithm, octets2) {
  return toHex(new Uint8Array(await crypto.subtle.digest(algorithm, octets2)));
}
export {
  noTlsClientAuth,
  testCa,
  tlsClientAuthFrom
};
