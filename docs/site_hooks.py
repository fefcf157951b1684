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
        inside = target.is_relative_to(HERE.resolve()) and target.exists()
        return link[0] if inside or link[2].endswith(".png") else link[1]

    return LINK.sub(shown, markdown)
