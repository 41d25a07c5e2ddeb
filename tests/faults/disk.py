"""A file system that keeps no promise but fsync's: what could be on the disk after the power went.

The calls of an operation are recorded and applied to a model in which
- a file's bytes are safe once the file was fsynced; until then any prefix of them may be what is left;
- a name that was given, taken or changed in a folder is safe once that folder was fsynced; until then
  any subset of the changes may be what is left, whatever their order was.
This is weaker than any file system in use: what survives every state of it survives theirs.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path

_ALL_SUBSETS = 6  # of so many unsafe changes every subset is tried; of more, every prefix and all but one
_ALL_VERSIONS = 3  # of so many unsafe files every mix is tried; of more, all as they were, half, and whole


@dataclass(eq=False)
class File:
    """One inode: `content` as programs see it, `safe` as the disk has it."""

    content: bytes = b""
    safe: bytes = b""


@dataclass(eq=False)
class Folder:
    """Names as the disk has them, and the changes to them that are not safe yet."""

    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    names: dict[str, "File | Folder"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Change:
    """Names of folders that change together: a rename is one change. None takes a name away."""

    names: tuple[tuple[Folder, str, "File | Folder | None"], ...]


class Disk:
    """The model, from a folder's present state on; all of that is safe."""

    def __init__(self, root: Path) -> None:
        self.root = _load(root)
        self.pending: list[Change] = []
        self._base = str(root)

    def create(self, path: str) -> File:
        """The file at `path`, made if need be."""
        folder, name = self._place(path)
        file = folder.names.get(name)
        if not isinstance(file, File):
            file = File()
            self._change((folder, name, file))
        return file

    def make_folder(self, path: str) -> None:
        folder, name = self._place(path)
        self._change((folder, name, Folder()))

    def write(self, path: str, offset: int | None, data: bytes) -> None:
        """Writes at `offset`, or at the end."""
        file = self.create(path)
        at = len(file.content) if offset is None else offset
        file.content = file.content[:at].ljust(at, b"\0") + data + file.content[at + len(data) :]

    def truncate(self, path: str) -> None:
        self.create(path).content = b""

    def rename(self, source: str, target: str) -> None:
        (folder, name), (to, new_name) = self._place(source), self._place(target)
        node = folder.names[name]
        self._change((folder, name, None), (to, new_name, node))

    def link(self, source: str, target: str) -> None:
        (folder, name), (to, new_name) = self._place(source), self._place(target)
        self._change((to, new_name, folder.names[name]))

    def remove(self, path: str) -> None:
        folder, name = self._place(path)
        self._change((folder, name, None))

    def sync(self, path: str) -> None:
        """fsync: a file's bytes, or a folder's names, are safe."""
        node = self._find(path)
        if isinstance(node, File):
            node.safe = node.content
            return
        kept = []
        for change in self.pending:
            if any(folder is node for folder, _, _ in change.names):
                _apply(change.names)
            else:
                kept.append(change)
        self.pending = kept

    def states(self) -> Iterator[dict[str, bytes | None]]:
        """What may be on the disk if the power goes now: paths below the root to bytes, None for a folder."""
        for chosen in _subsets(self.pending):
            view: dict[tuple[int, str], File | Folder | None] = {}
            for change in chosen:
                view |= {(id(folder), name): node for folder, name, node in change.names}
            yield from _contents(dict(_tree(self.root, view, "")))

    def _change(self, *names: tuple[Folder, str, "File | Folder | None"]) -> None:
        self.pending.append(Change(names))
        for folder, name, node in names:
            _set(folder.names, name, node)

    def _place(self, path: str) -> tuple[Folder, str]:
        parent = self._find(os.path.dirname(path))
        assert isinstance(parent, Folder), path
        return parent, os.path.basename(path)

    def _find(self, path: str) -> File | Folder:
        node: File | Folder = self.root
        for name in Path(path).relative_to(self._base).parts:
            assert isinstance(node, Folder), path
            node = node.names[name]
        return node


def _load(path: Path) -> Folder:
    folder = Folder()
    for entry in path.iterdir():
        node = _load(entry) if entry.is_dir() else File(entry.read_bytes(), entry.read_bytes())
        folder.safe[entry.name] = folder.names[entry.name] = node
    return folder


def _apply(names: tuple[tuple[Folder, str, File | Folder | None], ...]) -> None:
    for folder, name, node in names:
        _set(folder.safe, name, node)


def _set(names: dict[str, File | Folder], name: str, node: File | Folder | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _subsets(changes: list[Change]) -> Iterator[list[Change]]:
    """Subsets of the changes, each in order of time."""
    if len(changes) <= _ALL_SUBSETS:
        for size in range(len(changes) + 1):
            yield from map(list, combinations(changes, size))
        return
    for end in range(len(changes) + 1):
        yield changes[:end]
    for left_out in range(len(changes)):
        yield changes[:left_out] + changes[left_out + 1 :]
        yield [changes[left_out]]


def _tree(
    folder: Folder, view: dict[tuple[int, str], File | Folder | None], prefix: str
) -> Iterator[tuple[str, File | Folder]]:
    names = dict(folder.safe)
    for (owner, name), node in view.items():
        if owner == id(folder):
            _set(names, name, node)
    for name, node in names.items():
        yield prefix + name, node
        if isinstance(node, Folder):
            yield from _tree(node, view, f"{prefix}{name}/")


def _contents(tree: dict[str, File | Folder]) -> Iterator[dict[str, bytes | None]]:
    """The tree with each unsafe file as it was, half of the way, and as it should be."""
    versions = {path: _versions(node) for path, node in tree.items()}
    unsafe = [path for path, contents in versions.items() if len(contents) > 1]
    if len(unsafe) > _ALL_VERSIONS:
        mixes = [[versions[path][min(n, len(versions[path]) - 1)] for path in unsafe] for n in range(3)]
    else:
        mixes = [list(mix) for mix in product(*(versions[path] for path in unsafe))]
    for mix in mixes:
        yield {path: contents[-1] for path, contents in versions.items()} | dict(zip(unsafe, mix, strict=True))


def _versions(node: File | Folder) -> list[bytes | None]:
    if isinstance(node, Folder):
        return [None]
    if node.safe == node.content:
        return [node.content]
    return list(dict.fromkeys([node.safe, node.content[: len(node.content) // 2], node.content]))
