"""Finds links in the Markdown files that lead to no file or no heading of this repository."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SKIPPED = {".venv", "node_modules", ".git"}


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    pages = [page for page in root.rglob("*.md") if not SKIPPED & set(page.relative_to(root).parts)]
    broken = [f"{page.relative_to(root)}: {link}" for page in pages for link in broken_links(page)]
    print("\n".join(broken) if broken else f"{len(pages)} pages, every link leads somewhere")
    return 1 if broken else 0


def broken_links(page: Path) -> Iterator[str]:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", link) and not _leads_somewhere(page, link):
            yield link


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(title) for title in HEADING.findall(target.read_text("utf-8"))}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
