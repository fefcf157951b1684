"""The report in a real browser: its script runs under its own policy, and nothing else does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serving.invented import Page, page_of, scores_of


@pytest.fixture(scope="module")
def scores():
    return scores_of(40)


@pytest.fixture(scope="module")
def html(scores):
    return page_of(scores)


def browser():
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next((path for path in found if path), None)


needs_browser = pytest.mark.skipif(browser() is None, reason="no chromium binary on the path")


def opened(path: Path, folder: Path, fragment=""):
    """Open a page without a window; return the page afterwards and what the console said."""
    command = [
        *(browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--disable-background-networking", "--no-first-run", f"--user-data-dir={folder}"),
        *("--enable-logging=stderr", "--dump-dom", f"{path.as_uri()}{fragment}"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Page(done.stdout), console


@needs_browser
def test_the_script_runs_in_a_browser_under_the_policy(html, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page, console = opened(path, tmp_path / "profile", "#a3")
    body = next(attrs for tag, attrs in page.elements if tag == "body")
    assert console == []
    assert body["data-ready"] == "40"
    assert "40 of 40 shown" in page.text
    assert "hidden" not in page.with_id("filter")
    assert "open" in page.with_id("a3")
    assert "open" not in page.with_id("a2")
    title = "Accounts as of 30 Jun 2025 · churngrid"
    assert title in page.text


@needs_browser
def test_a_browser_refuses_a_script_that_was_tampered_with(html, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html.replace('"use strict";', '"use strict"; //'), encoding="utf-8")
    page, console = opened(path, tmp_path / "profile")
    body = next(attrs for tag, attrs in page.elements if tag == "body")
    assert "data-ready" not in body
    assert any("Content Security Policy" in line for line in console)


@needs_browser
def test_the_filter_hides_the_rows_and_panels_that_do_not_fit(html, scores, tmp_path):
    wanted = scores.loc[5, "account_id"]
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', html)
    assert policy is not None
    driver = (
        f"<script>document.getElementById('find').value = '{wanted.upper()}';"
        "document.getElementById('filter').dispatchEvent(new Event('input'));</script></body>"
    )
    path = tmp_path / "report.html"
    # The policy would refuse the hand that types, so this copy goes without it.
    path.write_text(html.replace(policy[0], "").replace("</body>", driver), encoding="utf-8")
    page, _ = opened(path, tmp_path / "profile")
    shown = [
        attrs["data-row"]
        for _, attrs in page.elements
        if "data-row" in attrs and "hidden" not in attrs
    ]
    panels = [attrs for _, attrs in page.elements if attrs.get("class") == "panel"]
    assert shown == ["5"]
    assert [panel["id"] for panel in panels if "hidden" not in panel] == ["a5"]
    assert "1 of 40 shown" in page.text


@needs_browser
def test_choosing_a_growing_cell_puts_the_likeliest_to_grow_first(html, scores, tmp_path):
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', html)
    assert policy is not None
    driver = (
        "<script>document.getElementById('cell').value = 'expand_and_leverage';"
        "document.getElementById('filter').dispatchEvent(new Event('input'));</script></body>"
    )
    path = tmp_path / "report.html"
    # The policy would refuse the hand that chooses, so this copy goes without it.
    path.write_text(html.replace(policy[0], "").replace("</body>", driver), encoding="utf-8")
    page, _ = opened(path, tmp_path / "profile")
    shown = [
        int(attrs["data-row"])
        for _, attrs in page.elements
        if "data-row" in attrs and "hidden" not in attrs
    ]
    inside = scores[scores["cell"] == "expand_and_leverage"]
    assert len(inside) > 1
    assert shown == inside.sort_values("p_expand", ascending=False).index.tolist() != sorted(shown)
