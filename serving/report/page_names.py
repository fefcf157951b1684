"""Names of the pages and files of each CSM, safe on every disk and in every address."""

import hashlib
import re
from collections.abc import Iterable

__all__ = ["NOBODY", "page_names"]

NOBODY = "without-csm"
_LONGEST = 60
# Names that Windows keeps for devices, whatever follows the dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")


def page_names(csms: Iterable[str]) -> dict[str, str]:
    """Return a file name without an ending for each CSM.

    Parameters
    ----------
    csms : iterable of str
        Ids as they are stored; empty for accounts that nobody looks after.

    Returns
    -------
    dict of str to str
        Small letters, digits, ``_`` and ``-``. A name that had to be changed, is very long,
        carries a part of its hash, so that no two are alike and each stays the same from one
        scoring to the next.

    Examples
    --------
    >>> page_names(["csm_01", ""])
    {'csm_01': 'csm_01', '': 'without-csm'}
    >>> page_names(["../Ann"])
    {'../Ann': 'ann-eb825571'}
    """
    wanted = {csm: _plain(csm) for csm in dict.fromkeys(csms)}
    return {
        csm: stem if _fits(csm, stem) else f"{stem}-{_hash(csm)}".strip("-")
        for csm, stem in wanted.items()
    }


def _fits(csm: str, stem: str) -> bool:
    return csm == stem != NOBODY or not csm


def _plain(csm: str) -> str:
    if not csm:
        return NOBODY
    stem = re.sub(r"[^a-z0-9_]+", "-", csm.lower()).strip("-")[:_LONGEST]
    return f"{stem}-csm" if _DEVICES.fullmatch(stem) else stem


def _hash(csm: str) -> str:
    return hashlib.sha256(csm.encode("utf-8", "surrogatepass")).hexdigest()[:8]
