"""Ranges and conditions at their edges, and which of them comes first (RFC 9110, 13.2.2)."""

import pytest
from photos import photo

OLD, LATER = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture
def whole(client, upload):
    """The answer to a plain GET of a stored original."""
    return client.get(upload(photo(800, 600))["urls"]["original"])


@pytest.fixture
def get(client, whole):
    """Gets the same again, with headers."""
    return lambda **headers: client.get(
        str(whole.url), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1), (7, 7)])
def test_range_includes_both_of_its_ends(get, whole, first, last):
    response = get(Range=f"bytes={first}-{last}")
    assert (response.status_code, response.content) == (206, whole.content[first : last + 1])
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(whole.content)}"
    assert response.headers["content-length"] == str(last + 1 - first)


def test_range_ends_at_the_last_byte(get, whole):
    length = len(whole.content)
    for wanted in (
        f"bytes={length - 1}-",
        f"bytes={length - 1}-{length - 1}",
        f"bytes={length - 1}-{length}",
        "bytes=-1",
    ):
        response = get(Range=wanted)
        assert (response.status_code, response.content) == (206, whole.content[-1:])
    assert get(Range=f"bytes={length}-").status_code == 416
    assert get(Range=f"bytes={length}-{length}").status_code == 416


@pytest.mark.parametrize("form", ["{}-", "-{}", "0-{}", "{}-{}"])
def test_number_of_any_length_is_no_fault_of_ours(get, form):
    for digits in (18, 19, 20, 5000):
        assert get(Range="bytes=" + form.replace("{}", "9" * digits)).status_code in (200, 206, 416)


@pytest.mark.parametrize("unit", ["bytes", "BYTES", "Bytes "])
def test_range_unit_is_of_any_case(get, whole, unit):
    assert get(Range=f"{unit}= 2-3").content == whole.content[2:4]


@pytest.mark.parametrize("digits", ["٣".encode(), "²".encode("latin-1"), b"1_0", b"+1", b"0x1"])
def test_range_takes_plain_digits_alone(get, digits):
    assert get(Range=b"bytes=" + digits + b"-5").status_code == 200


def test_range_is_for_get_alone(client, whole):
    response = client.head(str(whole.url), headers={"Range": "bytes=0-0"})
    assert (response.status_code, response.headers["content-length"]) == (200, str(len(whole.content)))


def test_failed_match_wins_over_an_unchanged_version(get, whole):
    etag = whole.headers["etag"]
    assert get(If_Match='"other"', If_None_Match=etag).status_code == 412
    assert get(If_Unmodified_Since=OLD, If_None_Match=etag).status_code == 412
    assert get(If_Match='"other"', If_Modified_Since=LATER).status_code == 412


def test_match_by_etag_hides_the_date(get, whole):
    etag = whole.headers["etag"]
    assert get(If_Match=etag, If_Unmodified_Since=OLD).status_code == 200
    assert get(If_None_Match=etag, If_Modified_Since=OLD).status_code == 304


def test_unchanged_version_wins_over_a_range(get, whole):
    assert get(If_None_Match=whole.headers["etag"], Range="bytes=0-0").status_code == 304
    assert get(If_None_Match=whole.headers["etag"], Range="bytes=999999999-").status_code == 304


def test_date_of_the_last_change_is_unmodified(get, whole):
    modified = whole.headers["last-modified"]
    assert get(If_Unmodified_Since=modified).status_code == 200
    assert get(If_Modified_Since=modified).status_code == 304
    assert get(If_Modified_Since=LATER).status_code == 304


def test_range_goes_with_the_date_of_its_version(get, whole):
    assert get(Range="bytes=0-0", If_Range=whole.headers["last-modified"]).status_code == 206
    assert get(Range="bytes=0-0", If_Range=LATER).status_code == 200
    assert get(Range="bytes=0-0", If_Range=f"W/{whole.headers['etag']}").status_code == 200


def test_list_takes_conditions_as_a_file_does(client, upload, project):
    upload()
    whole = client.get(f"/projects/{project}/images")
    headers = {"If-Match": '"other"', "If-None-Match": whole.headers["etag"]}
    assert client.get(f"/projects/{project}/images", headers=headers).status_code == 412
    part = client.get(f"/projects/{project}/images", headers={"Range": "bytes=0-0"})
    assert (part.status_code, part.content) == (206, whole.content[:1])
