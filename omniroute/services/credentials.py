"""What a stored connection shows its upstream, whether it holds a key or was signed in."""

from collections.abc import Mapping

from omniroute.formats.hub import Format
from omniroute.kit.secret import Secret
from omniroute.storage.account_rows import OAuthAccountRow
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.auth import Scheme, headers_for
from omniroute.upstream.sign_in import SIGN_INS

OAUTH = "oauth"


def headers_of(
    row: ConnectionRow,
    spoken: Format,
    *,
    scheme: Scheme | None = None,
    node_headers: Mapping[str, Secret] | None = None,
    account: OAuthAccountRow | None = None,
) -> dict[str, str]:
    """Return the headers; an access token is a bearer token (RFC 6750), wherever the vendor's keys go."""
    if row.auth_type != OAUTH:
        return headers_for(spoken, row.secret, node_headers, scheme=scheme)
    known = SIGN_INS.get(row.provider)
    own = {**(known.headers if known else {}), **(account.headers if account else {})}
    more = {**(node_headers or {}), **{name: Secret(value) for name, value in own.items()}}
    return headers_for(spoken, row.secret, more, scheme=Scheme.BEARER)
