"""An issuer of tokens on this machine: discovery and keys over HTTP, tokens of any shape."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "images"


class Issuer:
    """Serves the public keys that it holds, by `kid`; `fetched` counts how often they were asked for."""

    def __init__(self) -> None:
        self.keys = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.fetched = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(issuer._told(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Issuer":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, kid: str = "one", algorithm: str = "RS256", key: Any = None, **claims: Any) -> str:
        """A token that counts, but for what is given; a claim that is None is left out."""
        now = time.time()
        usual = {"iss": self.url, "aud": AUDIENCE, "exp": now + 60, "project": "p", "scope": "upload read list"}
        shown = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(shown, key or self.keys.get(kid, self.keys["one"]), algorithm, headers={"kid": kid})

    def public(self) -> bytes:
        """The first key as PEM, as everybody can have it."""
        return self.keys["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def _told(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.fetched += 1
        own = [(kid, RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)) for kid, key in self.keys.items()]
        return {"keys": [{"kty": "oct", "k": "AAAA", "kid": "odd"}, *({**key, "kid": kid} for kid, key in own)]}
