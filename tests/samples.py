"""The code samples of the documentation, found by Sybil, each with what its first line calls it.

Blocks of data (yaml, json, or without a language) are no code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("html", "js", "jsx", "nginx", "php", "python", "sh", "ts")
_NAME = re.compile(r"(?:<\?php )?(?:#|//|<!--) ([\w .-]+?)(?: -->)?\n")


@dataclass(frozen=True)
class Sample:
    """One block: its page, its language, its name or else its number on the page, and its text."""

    page: str
    language: str
    name: str
    text: str


@cache
def all_samples() -> dict[tuple[str, str], Sample]:
    """Every block with a language, by page and name."""
    found = list(_samples())
    assert len({(sample.page, sample.name) for sample in found}) == len(found), "two samples of one name"
    return {(sample.page, sample.name): sample for sample in found}


def sample(page: str, name: str) -> str:
    """The text of one sample."""
    return all_samples()[page, name].text


def _samples() -> Iterator[Sample]:
    def nothing(language: str) -> CodeBlockParser:
        return CodeBlockParser(language, lambda example: None)

    reader = Sybil([nothing(language) for language in LANGUAGES])
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]):
        fences = [found for found in re.findall(r"^ *```(\w+)$", path.read_text(), re.MULTILINE) if found in LANGUAGES]
        document, page = reader.parse(path), path.relative_to(ROOT).as_posix()
        blocks = sorted(document.examples(), key=lambda example: example.line)
        for number, (example, language) in enumerate(zip(blocks, fences, strict=True), 1):
            text = str(example.parsed)
            first = _NAME.match(text)
            yield Sample(page, language, first[1] if first else str(number), text)
