"""Links of the pages on the site: those that leave the documentation keep their words only."""

import re
from pathlib import Path

HERE = Path(__file__).parent
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown, page, **_):
    """Keep links that stay inside the documentation; of others keep the words."""
    home = (HERE / page.file.src_uri).parent

    def shown(link):
        target = (home / link[2]).resolve()
        # One that leads nowhere stays, so that the build fails.
        leaves = target.exists() and not target.is_relative_to(HERE.resolve())
        return link[1] if leaves and link[2].split("/")[0] == ".." else link[0]

    return LINK.sub(shown, markdown)
