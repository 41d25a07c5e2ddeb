"""Fetches the page's libraries with npm, as published, and writes their checksums: python serving/page/vendor.py."""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).with_name("vendor")
FILES = {
    "tus-js-client@4.3.1": ["dist/tus.min.js"],
    "photoswipe@5.4.4": ["dist/photoswipe.esm.min.js", "dist/photoswipe.css"],
    "thumbhash@0.1.1": ["thumbhash.js"],
    "swagger-ui-dist@5.35.0": ["swagger-ui-bundle.js", "swagger-ui.css"],
}
_SOURCE_MAP = re.compile(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*\Z")


def main() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("vendor: npm is needed")
    checksums, licences = {}, []
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "install", "--silent", "--ignore-scripts", "--prefix", folder, *FILES]
        subprocess.run(command, check=True)  # noqa: S603
        for package, files in FILES.items():
            name, root = package.partition("@")[0], Path(folder, "node_modules", package.partition("@")[0])
            for file in files:
                content = _SOURCE_MAP.sub(b"\n", (root / file).read_bytes())
                (FOLDER / Path(file).name).write_bytes(content)
                checksums[Path(file).name] = hashlib.sha256(content).hexdigest()
            licence = root / "LICENSE"
            said = (
                licence.read_text() if licence.exists() else json.loads((root / "package.json").read_text())["license"]
            )
            licences.append(f"# {name}\n\n{said}\n")
    (FOLDER / "LICENSES.txt").write_text("\n".join(licences))
    checksums["LICENSES.txt"] = hashlib.sha256((FOLDER / "LICENSES.txt").read_bytes()).hexdigest()
    (FOLDER / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n")


if __name__ == "__main__":
    main()
