"""Makes one call with Debian's python3-cloudflare, and prints what came of it, as JSON.

Reads {"endpoint": "accounts.access.certificates", "method": "get", "ids": [...], "params": {...}, "data": {...}} from
its standard input. Credentials and base URL come from the module's own configuration, of which nothing is set here.
"""

import functools
import json
import sys

import CloudFlare


def main():
    call = json.load(sys.stdin)
    client = CloudFlare.CloudFlare(raw=True)
    endpoint = functools.reduce(getattr, call["endpoint"].split("."), client)
    arguments = {name: call[name] for name in ("params", "data") if name in call}
    try:
        return getattr(endpoint, call["method"])(*call["ids"], **arguments)
    except CloudFlare.exceptions.CloudFlareAPIError as error:
        chain = [{"code": int(link), "message": str(link)} for link in error]
        return {"error": {"code": int(error), "message": str(error), "chain": chain}}


print(json.dumps(main()))
