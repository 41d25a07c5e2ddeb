"""The command line of access: makes keys, tokens and signed URLs, with the settings in the environment.

python -m core.access key
python -m core.access mint --project 123 --scope upload --expires 1h
python -m core.access sign /projects/123/images/0mws...?size=thumb --expires 7d
"""

import argparse
import re
import secrets
import sys
from urllib.parse import parse_qs, urlsplit

from core import settings
from core.access import keys, tokens, urls
from core.access.grants import SCOPES
from core.access.keys import Keys
from core.errors import SettingsError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command, prints its result and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except SettingsError as error:
        print(f"access: {error}", file=sys.stderr)
        return 2
    return 0


def _key(options: argparse.Namespace) -> str:
    return secrets.token_urlsafe(32)


def _mint(options: argparse.Namespace) -> str:
    claims = {"project": options.project, "scope": " ".join(options.scope), "sub": options.subject}
    limits = {"max_bytes": options.max_bytes, "max_images": options.max_images}
    given = {name: value for name, value in (claims | limits).items() if value is not None}
    return tokens.mint(_keys(), options.expires, **given)


def _sign(options: argparse.Namespace) -> str:
    url = urlsplit(str(options.url))
    size = parse_qs(url.query).get("size", [""])[-1]
    signed = urls.query(_keys(), url.path, size, urls.expiry(options.expires))
    return url._replace(query="&".join(filter(None, (url.query, signed)))).geturl()


def _keys() -> Keys:
    found = keys.of(settings.current())
    if not found:
        raise SettingsError("there is no key: set IMGSRV_SECRET or IMGSRV_SECRET_FILE")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.access", description="Make keys, tokens and signed URLs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    key = commands.add_parser("key", help="print a new random secret")
    key.set_defaults(run=_key)
    mint = commands.add_parser("mint", help="print a token")
    mint.set_defaults(run=_mint)
    mint.add_argument("--project", required=True, help="a project id, a prefix that ends with *, or *")
    mint.add_argument("--scope", required=True, nargs="+", choices=SCOPES, help="what it allows")
    mint.add_argument("--expires", type=_seconds, default=3600, metavar="1h", help="from now (default: 1h)")
    mint.add_argument("--subject", help="who it is for; written to the log")
    mint.add_argument("--max-bytes", type=int, help="bytes that the project may hold")
    mint.add_argument("--max-images", type=int, help="images that the project may hold")
    sign = commands.add_parser("sign", help="print a signed URL of one picture")
    sign.set_defaults(run=_sign)
    sign.add_argument("url", help="a URL or path, with ?size=")
    sign.add_argument("--expires", type=_seconds, default=3600, metavar="1h", help="at least so long (default: 1h)")
    return parser


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 30s, 15m, 1h or 7d")
    return int(found[1]) * _UNITS[found[2] or "s"]


if __name__ == "__main__":
    sys.exit(main())
