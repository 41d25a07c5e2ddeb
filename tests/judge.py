"""What a clean JPEG is, written apart from the code that makes them: it shares nothing with core/jpeg.py."""

Part = tuple[int, bytes]  # a marker's code, and the payload of its segment

# SOF0 to SOF2, DHT, SOS, DQT, DRI, EOI; and the three application segments that say how the picture is to be read.
ALLOWED = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xD9, 0xE0, 0xE2, 0xEE}
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_PROFILE_TAGS = {b"wtpt", b"chad", b"desc", b"cprt", b"kTRC", b"A2B0", b"A2B1", b"B2A0"} | {
    channel + kind for channel in (b"r", b"g", b"b") for kind in (b"XYZ", b"TRC")
}


def parts(data: bytes) -> list[Part]:
    """Every segment of a file in which each byte belongs to one, to a scan, or to its first and last marker."""
    assert data[:2] == b"\xff\xd8"
    found, at = [], 2
    while at < len(data):
        assert data[at] == 0xFF, f"a stray byte at {at}"
        code = data[at + 1]
        if code == 0xD9:
            assert at + 2 == len(data), "bytes after the end"
            return [*found, (code, b"")]
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((code, data[at + 4 : end]))
        at = end
        while code == 0xDA and not (data[at] == 0xFF and data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7):
            at = data.index(b"\xff", at + 1)
    raise AssertionError("no end")


def icc(data: bytes) -> bytes:
    """The embedded profile; empty without one."""
    return b"".join(payload[14:] for code, payload in parts(data) if code == 0xE2)


def assert_clean(data: bytes) -> None:
    """Fails for a file that holds anything but its picture and what says how it is to be read."""
    found = parts(data)
    codes = [code for code, _ in found]
    assert set(codes) <= ALLOWED, [hex(code) for code in codes]
    assert max(at for at, code in enumerate(codes) if code == 0xDA) == len(codes) - 2, "tables after the last scan"
    for code, payload in found:
        if code == 0xE0:
            assert payload == _JFIF
        elif code == 0xEE:
            assert payload[:11] == b"Adobe\0\x64\0\0\0\0"
            assert len(payload) == 12
        elif code == 0xE2:
            assert payload[:12] == b"ICC_PROFILE\0"
    _assert_tables_are_used(found)
    if profile := icc(data):
        _assert_profile_is_bare(profile)


def _assert_tables_are_used(found: list[Part]) -> None:
    frame = next(payload for code, payload in found if code in (0xC0, 0xC1, 0xC2))
    progressive = any(code == 0xC2 for code, _ in found)
    defined, used = {}, set()
    for code, payload in found:
        if code == 0xDB:
            for at in range(0, len(payload), 65):
                defined["q", payload[at] & 15] = payload[at : at + 65]
        elif code == 0xC4:
            at = 0
            while at < len(payload):
                end = at + 17 + sum(payload[at + 1 : at + 17])
                assert ("h", payload[at]) not in defined or progressive, "a table that is told twice"
                defined["h", payload[at]] = payload[at:end]
                at = end
        elif code == 0xDA:
            for at in range(1, 1 + 2 * payload[0], 2):
                quantizer = frame[frame.index(payload[at], 6) + 2] if payload[at] in frame[6::3] else None
                used |= {("q", quantizer), ("h", payload[at + 1] >> 4), ("h", 0x10 | payload[at + 1] & 15)}
    assert set(defined) <= used, f"tables that no scan uses: {set(defined) - used}"


def _assert_profile_is_bare(profile: bytes) -> None:
    assert int.from_bytes(profile[:4], "big") == len(profile)
    assert profile[4:8] + profile[24:36] + profile[40:64] + profile[80:128] == bytes(88)
    covered = set(range(132 + 12 * int.from_bytes(profile[128:132], "big")))
    for at in range(132, max(covered) + 1, 12):
        assert profile[at : at + 4] in _PROFILE_TAGS, profile[at : at + 4]
        offset, size = (int.from_bytes(profile[at + n : at + n + 4], "big") for n in (4, 8))
        covered |= set(range(offset, offset + size))
    assert all(profile[at] == 0 for at in range(len(profile)) if at not in covered)
