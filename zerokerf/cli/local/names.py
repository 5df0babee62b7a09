"""What the files of a cut are called: names, never paths, and no two of them the same."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from zerokerf.template import Fields, Template

MANIFEST_NAME = "manifest.json"

_NUMBERED = "{segment} {n:03}"
_TITLED = "{n:03} {segment}"
_TAGS = re.compile(r"\{(title|artist|album|date)\}")
_NOT_IN_MANIFESTS = re.compile("[/\\\\\x00-\x1f\ud800-\udfff]")
_MAX_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Names:
    """Made of a template, the source's tags and, where it has none, the name of its file."""

    template: Template
    extension: str
    tags: Fields

    def name(self, number: int, count: int | None, title: str | None) -> str:
        """Of one segment, counted from 1. Another may get the same."""
        fields = replace(self.tags, number=number, count=count, segment=title or self.tags.segment)
        return self.template.file_name(fields, self.extension)

    def unique(self, titles: Iterable[str | None], count: int) -> Iterator[str]:
        """Those of all segments, in order, different also where capital letters make no difference."""
        taken: set[str] = set()
        for number, title in enumerate(titles, 1):
            name = _free(self.name(number, count, title), taken)
            taken.add(name.casefold())
            yield name


def template_of(typed: str, *, has_titles: bool) -> Template:
    """The typed one, or one that puts first what files should be sorted by. Raises InvalidParams."""
    return Template(typed or (_TITLED if has_titles else _NUMBERED))


def names_tags(template: Template) -> bool:
    """Whether the tags of the source have to be read for it."""
    return bool(_TAGS.search(template.text))


def fields_of(source: Path, tags: Fields | None = None) -> Fields:
    """What has no title is called like its file."""
    found = tags or Fields(number=1)
    return replace(found, title=found.title or source.stem, segment=source.stem)


def name_in_manifest(source: Path) -> str:
    """File systems take what manifests refuse."""
    return _NOT_IN_MANIFESTS.sub("_", source.name)[:_MAX_CHARACTERS]


def _free(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    again = 2
    while name.casefold() in taken:
        name = f"{stem} ({again}){dot}{extension}"
        again += 1
    return name
