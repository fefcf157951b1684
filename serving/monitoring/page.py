"""What monitoring found, as one HTML page without scripts."""

import html
from collections.abc import Sequence

import pandas as pd

from .retrain_rules import Finding

__all__ = ["monitor_page"]

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{border:1px solid #ccc;padding:.2rem .5rem;text-align:right;white-space:nowrap}"
    "th{background:#f3f3f3}.retrain{color:#a30000}.well{color:#0a6b2d}"
)
_DIGITS = 3


def monitor_page(
    runs: pd.DataFrame, forecasts: pd.DataFrame, findings: Sequence[Finding], notes: Sequence[str]
) -> str:
    """Return the page.

    Parameters
    ----------
    runs, forecasts : DataFrame
        As declared in ``MONITORED``.
    findings : sequence of Finding
        The rules that say: train again.
    notes : sequence of str

    Returns
    -------
    str
    """
    if findings:
        verdict = '<h2 class="retrain">Train again</h2>'
    else:
        verdict = '<h2 class="well">Nothing says: train again</h2>'
    told = "".join(
        f"<li><b>{html.escape(one.rule.replace('_', ' '))}</b>: {html.escape(one.says)}</li>"
        for one in findings
    )
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    parts = [
        f"{verdict}<ul>{told}</ul>{said}",
        f"<h2>Stored scorings</h2>{_table(runs)}",
        f"<h2>Forecasts of periods that are over</h2>{_table(forecasts)}",
    ]
    head = f'<meta charset="utf-8"><title>Monitoring</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "<p>None.</p>"
    shown = frame.copy()
    for name in shown.select_dtypes(["datetimetz"]):
        shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    shown = shown.rename(columns=lambda name: str(name).replace("_", " "))
    return shown.to_html(
        index=False, escape=True, na_rep="", float_format=lambda x: f"{x:.{_DIGITS}f}"
    )
