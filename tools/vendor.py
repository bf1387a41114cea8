"""Fetch what the book's pages load from within the book: MathJax and the text face. Needs npm and the network.

usage: python tools/vendor.py

The files are committed, so that building and reading the book need no network; this script says where they come from.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from notebook_environment import BOOK

VENDOR = BOOK / "assets" / "vendor"
# package: (version, integrity, {pattern in the package: place under vendor/})
PACKAGES = {
    "mathjax": (
        "3.2.2",
        "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        {
            r"LICENSE": "mathjax/LICENSE",
            r"es5/tex-chtml-full\.js": "mathjax/tex-chtml-full.js",
            r"es5/(output/chtml/fonts/woff-v2/.*\.woff)": r"mathjax/\1",
        },
    ),
    "@fontsource-variable/source-serif-4": (
        "5.3.1",
        "sha512-4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/CqLirzf+StlO6UlJilyrvaUg==",
        {
            r"LICENSE": "source-serif-4/LICENSE",
            r"files/source-serif-4-((?:latin|greek)-wght-(?:normal|italic)\.woff2)": r"source-serif-4/\1",
        },
    ),
}


def fetch(package: str, version: str, integrity: str, folder: Path) -> Path:
    """Download one package and prove it is the one meant."""
    command = ["npm", "pack", "--json", "--pack-destination", str(folder), f"{package}@{version}"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    if packed["integrity"] != integrity:
        raise ValueError(f"{package}@{version} has integrity {packed['integrity']}, expected {integrity}")
    return folder / packed["filename"]


def main() -> int:
    """Fetch every package and store the files named above."""
    with tempfile.TemporaryDirectory() as folder:
        for package, (version, integrity, files) in PACKAGES.items():
            with tarfile.open(fetch(package, version, integrity, Path(folder))) as archive:
                for member in archive.getmembers():
                    for pattern, place in files.items():
                        if match := re.fullmatch(f"package/{pattern}", member.name):
                            target = VENDOR / match.expand(place)
                            target.parent.mkdir(parents=True, exist_ok=True)
                            target.write_bytes(archive.extractfile(member).read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
