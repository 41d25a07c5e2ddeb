"""ICC profiles as tags: which parts of a profile a viewer needs, and how to assemble a profile.

A stored profile holds only what affects colours: no private tag, no text of its own, no bytes between its parts.
"""

from collections.abc import Iterator

HEADER = 128
_MAX_TAGS = 100
_RGB_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"A2B0", b"A2B1", b"B2A0")
_TAGS = {b"RGB ": (b"wtpt", b"chad", *_RGB_TAGS), b"GRAY": (b"wtpt", b"chad", b"kTRC")}
_PARAMETERS = (1, 3, 4, 5, 7)  # of each kind of parametric curve
D50 = (0.9642, 1.0, 0.8249)  # the white of profiles, in XYZ


def reduced(data: bytes) -> bytes | None:
    """The same profile with only its required tags; None if it has a tag whose end cannot be told from its padding."""
    space, kept = data[16:20], {}
    if space not in _TAGS or data[36:40] != b"acsp":
        return None
    for name, value in _tags(data):
        if name in _TAGS[space] and name not in kept:
            length = _length(value)
            if not 8 < length <= len(value):
                return None
            kept[name] = value[:4] + bytes(4) + value[8:length]
    return assembled(space, kept, version=data[8], kind=data[12:16], connection=data[20:24])


def assembled(
    space: bytes, tags: dict[bytes, bytes], version: int = 2, kind: bytes = b"mntr", connection: bytes = b"XYZ "
) -> bytes:
    """Assembles a profile from these tags, the texts that every profile must have, and a minimal header."""
    texts = {b"desc": _text(version, described=True), b"cprt": _text(version, described=False)}
    tags = {**texts, **tags}
    table, body, places = len(tags).to_bytes(4), b"", dict[bytes, int]()
    start = HEADER + 4 + 12 * len(tags)
    for name, value in tags.items():
        if value not in places:
            places[value] = start + len(body)
            body += value + bytes(-len(value) % 4)
        table += name + places[value].to_bytes(4) + len(value).to_bytes(4)
    size = HEADER + len(table) + len(body)
    head = size.to_bytes(4) + bytes(4) + bytes((version, 0x20, 0, 0)) + kind + space + connection
    return head + bytes(12) + b"acsp" + bytes(28) + xyz(D50)[8:] + bytes(48) + table + body


def xyz(values: tuple[float, ...]) -> bytes:
    """An XYZ tag, for one colour."""
    return b"XYZ \0\0\0\0" + b"".join(round(value * 65_536).to_bytes(4, signed=True) for value in values)


def curve(samples: list[float]) -> bytes:
    """A curve tag, from evenly spaced samples of 0 to 1."""
    values = b"".join(round(65_535 * min(max(sample, 0.0), 1.0)).to_bytes(2) for sample in samples)
    return b"curv\0\0\0\0" + len(samples).to_bytes(4) + values


def _tags(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for at in range(HEADER + 4, HEADER + 4 + 12 * min(_number(data, HEADER), _MAX_TAGS), 12):
        offset, size = _number(data, at + 4), _number(data, at + 8)
        yield data[at : at + 4], data[offset : offset + size]


def _length(tag: bytes) -> int:
    """The length of a tag in bytes, by its own header; 0 where only a full profile reader could tell."""
    kind = tag[:4]
    if kind == b"XYZ ":
        return 20
    if kind == b"sf32":
        return 44  # three by three
    if kind == b"curv":
        return 12 + 2 * _number(tag, 8)
    if kind == b"para" and tag[8:9] == b"\0" and int.from_bytes(tag[8:10]) < len(_PARAMETERS):
        return 12 + 4 * _PARAMETERS[tag[9]]
    if kind in (b"mft1", b"mft2") and len(tag) > 52:
        inputs, outputs, grid = tag[8:11]
        steps, width, head = (256, 1, 48) if kind == b"mft1" else (_number(tag, 48) >> 16, 2, 52)
        last = 256 if kind == b"mft1" else _number(tag, 48) & 0xFFFF
        return head + width * (inputs * steps + outputs * (int(grid**inputs) + last))
    return 0


def _text(version: int, described: bool) -> bytes:
    """The tag of a description or a copyright, which are required and carry no information here."""
    if version >= 4:
        return b"mluc\0\0\0\0" + bytes((0, 0, 0, 1, 0, 0, 0, 12)) + b"enUS" + bytes((0, 0, 0, 2, 0, 0, 0, 28)) + b"\0-"
    if described:
        return b"desc\0\0\0\0" + (2).to_bytes(4) + b"-\0" + bytes(78)
    return b"text\0\0\0\0-\0"


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4])
