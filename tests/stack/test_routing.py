import pytest

from stack.routing import Route, Router


def router(*keys):
    routes = [Route("ANY", "$default") if key == "$default" else Route(*key.split()) for key in keys]
    return Router((route, route.key) for route in routes)


def target(keys, method, path):
    match = router(*keys).match(method, path)
    return match and match.target


def test_a_literal_path_wins_over_a_variable_whatever_the_order():
    for keys in (["GET /pets/{id}", "GET /pets/dog"], ["GET /pets/dog", "GET /pets/{id}"]):
        assert target(keys, "GET", "/pets/dog") == "GET /pets/dog"
        assert target(keys, "GET", "/pets/cat") == "GET /pets/{id}"


def test_variable_wins_over_greedy_over_default():
    keys = ["$default", "GET /{all+}", "GET /pets/{id}"]
    assert target(keys, "GET", "/pets/1") == "GET /pets/{id}"
    assert target(keys, "GET", "/pets/1/toys") == "GET /{all+}"
    assert target(keys, "GET", "/") == "$default"
    assert target(keys, "POST", "/pets/1") == "$default"


def test_an_exact_method_wins_over_any():
    keys = ["ANY /pets/{id}", "GET /pets/{id}"]
    assert target(keys, "GET", "/pets/1") == "GET /pets/{id}"
    assert target(keys, "PUT", "/pets/1") == "ANY /pets/{id}"


def test_literal_path_wins_over_a_variable():
    assert target(["GET /{id}", "ANY /pets"], "GET", "/pets") == "ANY /pets"


def test_more_literal_parts_win_a_tie():
    assert target(["GET /{a}/{b}/c", "GET /a/{b}/c"], "GET", "/a/b/c") == "GET /a/{b}/c"
    assert target(["GET /{all+}", "GET /a/{all+}"], "GET", "/a/b") == "GET /a/{all+}"


def test_another_method_and_another_path_have_no_route():
    keys = ["GET /pets/{id}"]
    assert target(keys, "HEAD", "/pets/1") is None
    assert target(keys, "GET", "/pets") is None
    assert target(keys, "GET", "/pets/1/toys") is None


def test_a_trailing_slash_is_another_path():
    assert target(["GET /pets/{id}"], "GET", "/pets/1/") is None
    assert target(["GET /pets/{id}"], "GET", "/pets/") is None
    assert target(["GET /pets"], "GET", "/pets/") is None


def test_an_encoded_slash_makes_no_segment():
    match = router("GET /pets/{id}").match("GET", "/pets/a%2Fb")
    assert match.path_parameters == {"id": "a/b"}
    assert target(["GET /pets/{id}"], "GET", "/pets%2F1") is None


def test_variables_are_decoded_once():
    match = router("GET /p/{a}/i/{b}").match("GET", "/p/%C3%A9/i/%252e")
    assert match.path_parameters == {"a": "é", "b": "%2e"}


def test_a_greedy_variable_takes_all_the_rest():
    match = router("GET /files/{path+}").match("GET", "/files/a/b/c")
    assert match.path_parameters == {"path": "a/b/c"}


def test_a_literal_part_is_matched_decoded():
    assert target(["GET /pets"], "GET", "/%70ets") == "GET /pets"


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("FETCH", "/a", "not one of"),
        ("GET", "a", "does not begin"),
        ("GET", "/a/", "rejects ''"),
        ("GET", "/a b", "rejects 'a b'"),
        ("GET", "/{a", "rejects"),
        ("GET", "/x{a}", "rejects"),
        ("GET", "/{a+}/b", "greedy"),
        ("GET", "/{a}/{a}", "twice"),
    ],
)
def test_an_illegal_route_is_objected_to(method, path, words):
    assert words in (Route(method, path).objection() or "")


def test_legal_routes_are_not_objected_to():
    for path in ("/", "/a", "/a.b/{c-d}", "/{all+}", "$default"):
        assert Route("GET", path).objection() is None
