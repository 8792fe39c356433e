"""What strangers may have written into a title or a text, and whether any of it is more than text on a page."""

import re

XSS = (
    '"><img src=x onerror=alert(1)>',
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "{{ 90001*90001 }}",  # 8100180001 stands nowhere by chance
    "<svg onload=a>",
)


def alive(html: str) -> list[str]:
    """What would run, or was reckoned."""
    # Stripped of texts and quoted values, no tag of the payload is left.
    tags = re.findall(r"<[a-zA-Z][^>]*>", re.sub(r'"[^"]*"', '""', html))
    running = [tag for tag in tags if re.search(r"\bon\w+=|<script(?! type=\"\" src)|<svg", tag)]
    return running + [word for word in ('href="javascript:', "8100180001") if word in html]
