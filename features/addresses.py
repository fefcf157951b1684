"""Addresses of databases and model stores: what is one, and how it is shown without its secrets."""

import re
from urllib.parse import parse_qsl, unquote

__all__ = ["is_address", "public_address", "told_by_driver", "without_secrets"]

_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/+")
_LOOKS_LIKE_ONE = re.compile(
    # A scheme of two letters or more (one is a disk of Windows), however many slashes follow.
    r"\s*[A-Za-z][A-Za-z0-9+.-]+:[/\\]"
    r"|\s*(?:postgres\w*|jdbc|mysql|mariadb|mssql|oracle|snowflake|bigquery|https?|s3a?|gs)\s*[:;]"
    r"|[^:]*:\S.*@"
    r"|.*\b(?:pass\w*|pwd|token|secret|api_?key)\s*=",
    re.IGNORECASE | re.DOTALL,
)
_NAMED_SECRET = re.compile(
    r"(?i)\b(\w*(?:pass|pwd|token|secret|credential|signature|api_?key|access_?key)\w*"
    r"['\"]?\s*=\s*)('[^']*'|\"[^\"]*\"|[^&\s'\",;)]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
# A password may hold blanks and slashes; too much taken out is better than too little.
_USER_IN_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/+)(?:\S*@|[^\s/@:'\"]*:[^'\"\n]*@)")
_USER_ALONE = re.compile(r"[^\s/@:'\"`(]+:[^\s@]+@(?=[\w\[])")


def is_address(text: str) -> bool:
    r"""Say whether a text is meant as an address rather than as a path, well spelled or not.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_address("postgresql:/ann:pw@host/db"), is_address("ann:pw@host/db")
    (True, True)
    >>> is_address("exports/2025"), is_address(r"C:\exports")
    (False, False)
    """
    return _LOOKS_LIKE_ONE.match(text) is not None


def public_address(address: str) -> str:
    """Return an address that may be shown: without user, password and options.

    Parameters
    ----------
    address : str
        In whatever spelling.

    Returns
    -------
    str
        A path stays as it is.

    Examples
    --------
    >>> public_address("postgresql://ann:p/w[@db.example:5432/crm?sslmode=require")
    'postgresql://db.example:5432/crm'
    >>> public_address("postgresql:/ann:pw@host/db")
    'postgresql:/host/db'
    """
    if not is_address(address):
        return address
    scheme = _SCHEME.match(address)
    start = scheme.group().strip() if scheme else ""
    rest = address[scheme.end() :] if scheme else address
    place = re.split(r"[?#]", rest, maxsplit=1)[0]
    # A question mark before the last at sign may well be a part of the password.
    shown = "..." if rest.rfind("@") >= len(place) else place.rpartition("@")[2]
    if not scheme and shown == address:
        # Words and values, as `host=db password=pw`: nothing tells where a value ends.
        shown = "..."
    return f"{start}{shown}"


def without_secrets(message: str) -> str:
    """Return a message in which no address has a user or a password, and no secret its value.

    Parameters
    ----------
    message : str

    Returns
    -------
    str

    Examples
    --------
    >>> without_secrets("cannot reach postgresql://ann:s3cret@db/crm?password=x")
    'cannot reach postgresql://db/crm?password=...'
    >>> without_secrets("no host ann:s3cret@db in 'https://hub/api?token=1'")
    "no host db in 'https://hub/api?token=...'"
    """
    message = _USER_IN_ADDRESS.sub(r"\1", message)
    message = _USER_ALONE.sub("", message)
    message = _NAMED_SECRET.sub(r"\1...", message)
    return _BEARER.sub(r"\1 ...", message)


def told_by_driver(error: Exception, address: str) -> str:
    """Return the first line of a driver's message, unless it repeats what is secret in an address.

    Parameters
    ----------
    error : Exception
    address : str
        What the driver was given.

    Returns
    -------
    str

    Examples
    --------
    >>> told_by_driver(ValueError("no host 'p/w@db'"), "postgresql://ann:p/w@db/crm")
    "the driver's message is withheld because it repeats the address."
    """
    lines = str(error).strip().splitlines()
    message = lines[0] if lines else type(error).__name__
    message = message.replace(address, public_address(address))
    if any(secret in message for secret in _secrets_in(address)):
        return "the driver's message is withheld because it repeats the address."
    return without_secrets(message)


def _secrets_in(address: str) -> list[str]:
    """Return the parts of an address that must not be repeated, as written and unquoted."""
    scheme = _SCHEME.match(address)
    rest = address[scheme.end() :] if scheme else address
    user, at, _ = rest.rpartition("@")
    password = user.partition(":")[2] if at else ""
    # Where a password holds a slash or a bracket, drivers name the pieces they cut it into.
    pieces = [password, *re.split(r"[/?#\[\]@:]", password)]
    options = parse_qsl(re.split(r"\?", rest, maxsplit=1)[-1])
    pieces += [value for key, value in options if re.search(r"(?i)pass|pwd|token|secret|key", key)]
    return [text for piece in pieces if piece for text in {piece, unquote(piece)}]
