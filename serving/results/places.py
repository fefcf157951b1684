"""Where results, models and the page lie if nobody says otherwise."""

from pathlib import Path

__all__ = ["MODELS", "REPORT", "RESULTS", "RESULT_FOLDERS"]

MODELS = Path("churngrid-models")
"""The folder of the local registry."""
RESULTS = Path("churngrid-results")
"""The folder that ``score`` writes to."""
RESULT_FOLDERS = (RESULTS, Path("results"))
"""Names under which results are looked for: the default first, then that of the demo and docs."""
REPORT = "report.html"
"""The page in the folder of the results."""
