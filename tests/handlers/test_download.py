"""What a browser is told to do with a picture: show it, or save it under a name."""

from urllib.parse import unquote

import pytest


def test_a_picture_is_shown(client, upload):
    image = upload()
    said = client.get(image["urls"]["thumb"]).headers["content-disposition"]
    assert said == f'inline; filename="{image["image_id"]}.jpg"'


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("beach.png", "beach.jpg"),
        ("IMG_1.HEIC", "IMG_1.jpg"),
        ("no ending", "no ending.jpg"),
        ("../../etc/passwd", "etcpasswd.jpg"),
        ('a"b\r\nSet-Cookie: x', "abSet-Cookie x.jpg"),
        ("a\u202egpj", "agpj.jpg"),
        ("Größe 東京", "Größe 東京.jpg"),
        ("x" * 1000, "x" * 150 + ".jpg"),
    ],
)
def test_it_is_saved_under_a_safe_name(client, upload, wanted, name):
    path = upload()["urls"]["original"].partition("?")[0]
    answer = client.get(path, params={"size": "original", "download": wanted})
    said = answer.headers["content-disposition"]
    assert said.startswith("attachment; ")
    assert unquote(said.partition("filename*=UTF-8''")[2]) == name
    assert said.isascii()
    assert "set-cookie" not in answer.headers


def test_without_a_name_it_has_its_id(client, upload):
    image = upload()
    answer = client.get(f"{image['urls']['original']}&download")
    assert f'filename="{image["image_id"]}.jpg"' in answer.headers["content-disposition"]


def test_no_answer_runs_anything(client, upload, project):
    image = upload()
    for url in (image["urls"]["thumb"], f"/projects/{project}/images", f"/projects/{project}/thumbnail"):
        headers = client.get(url).headers
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["x-content-type-options"] == "nosniff"
