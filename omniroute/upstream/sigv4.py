"""Signs a request as Amazon S3 and what is like it want it (AWS Signature Version 4); pure.

Written by https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

from omniroute.kit.secret import Secret

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"
_PORTS = {"http": 80, "https": 443}


def signed(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_id: str,
    secret: Secret,
    region: str,
    at: datetime,
) -> dict[str, str]:
    """Return the headers with those that sign the request; `url` is spelled as it is sent."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port not in {None, _PORTS.get(parts.scheme)}:
        host = f"{host}:{parts.port}"
    digest = hashlib.sha256(body).hexdigest()
    moment = f"{at:%Y%m%dT%H%M%SZ}"
    wanted = {**headers, "x-amz-content-sha256": digest, "x-amz-date": moment}
    covered = {name.lower(): value.strip() for name, value in (*wanted.items(), ("host", host))}
    names = ";".join(sorted(covered))
    canonical = "\n".join(
        (
            method,
            parts.path or "/",
            _query(parts.query),
            *(f"{name}:{covered[name]}" for name in sorted(covered)),
            "",
            names,
            digest,
        )
    )
    scope = f"{at:%Y%m%d}/{region}/{_SERVICE}/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()
    credential = f"{_ALGORITHM} Credential={key_id}/{scope},SignedHeaders={names},Signature={signature}"
    return {**wanted, "authorization": credential}


def _key(secret: Secret, scope: str) -> bytes:
    key = f"AWS4{secret.reveal()}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key


def _query(text: str) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(text, True))
    return "&".join(f"{name}={value}" for name, value in pairs)
