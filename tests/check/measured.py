"""What a notebook quotes against what its experiment measured; a page is named as in ``_toc.yml``: "chapter/page"."""

import json
from pathlib import PurePosixPath

import claims_page
from notebook_environment import BOOK, ROOT


def measured(page):
    """Return what the experiment of a page stored."""
    name = PurePosixPath(page).name.replace("-", "_")
    result = json.loads((ROOT / "experiments" / f"{name}.json").read_text(encoding="utf-8"))
    assert result["notebook"] == page
    return result


def quoted_bands(page, bands):
    """Return the bands of claims as the notebook prints them, under the names of the experiment's quantities."""
    claims = {claim.id: claim for claim in claims_page.claims_of(BOOK / f"{page}.ipynb")}
    return {quantity: [float(claims[id].low), float(claims[id].high)] for id, quantity in bands.items()}
