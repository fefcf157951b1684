"""Writes what one benchmark found into its own part of RESULTS.md."""

import re
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def write_section(lines: list[str]) -> None:
    """Put lines in place of the part with the same first-level heading, or at the end.

    Parameters
    ----------
    lines : list of str
        The first one is the heading, such as ``# Results on real data``.
    """
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    parts = [part.strip() for part in re.split(r"(?m)^(?=# )", before) if part.strip()]
    heading, text = lines[0].strip(), "\n".join(lines).strip()
    places = [place for place, part in enumerate(parts) if part.splitlines()[0] == heading]
    if places:
        parts[places[0]] = text
    else:
        parts.append(text)
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
