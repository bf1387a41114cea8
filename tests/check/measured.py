"""What a notebook quotes against what its experiment measured."""

import json

import claims_page
from notebook_environment import BOOK, ROOT


def measured(page):
    """Return what the experiment of a page of the chapter on convexity stored."""
    path = ROOT / "experiments" / f"{page.replace('-', '_')}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def quoted_bands(page, bands):
    """Return the bands of claims as the notebook prints them, under the names of the experiment's quantities."""
    claims = {claim.id: claim for claim in claims_page.claims_of(BOOK / "convexity" / f"{page}.ipynb")}
    return {quantity: [float(claims[id].low), float(claims[id].high)] for id, quantity in bands.items()}
