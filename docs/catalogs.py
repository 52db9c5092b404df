"""Gather the words of the pages and the refusals of the desk into their catalogues, and compile these.

Run ``python docs/catalogs.py`` after changing either: new texts are added to the Chinese catalogue without a
translation, and the test of the catalogues names them until they have one.
"""

from __future__ import annotations

from io import BytesIO
from itertools import chain
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from warrantor.terms import shipped
from warrantor.trial.sentences import SENTENCES

ROOM = Path(__file__).parents[1] / "src" / "warrantor" / "web"
LOCALES = ("en", "zh_Hans_CN")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
WORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "voice": None, "many": (1, 2)}
# The desk imports no page: its sentences are found by the refusals they are raised with.
DESK = ROOM.parent / "desk"
REFUSALS: dict[str, tuple[int, ...] | None] = {
    "UnknownError": None, "NotAllowedError": None, "ConflictError": None, "StaleError": None, "InputsError": (2,),
    "InFlightError": None, "OtherBodyError": None}


def gathered() -> Catalog:
    """Return every text of a page, refusal of the desk, sentence of a kept look, title of a pack."""
    found = Catalog(project="warrantor", fuzzy=False)
    said = chain(extract_from_dir(ROOM, METHODS, OPTIONS, WORDS), extract_from_dir(DESK, METHODS, {}, REFUSALS))
    for name, _, message, _, _ in said:
        found.add(message, locations=[(name, 0)])
    for text in SENTENCES:
        found.add(text, locations=[("trial/sentences.py", 0)])
    for one in shipped().all:
        parts = (*one.terms, *one.remedies.waits)
        for text in (one.title, *(part.replace("_", " ") for part in parts if part != "host")):
            found.add(text, locations=[("terms/packs", 0)])
    return found


def path_of(locale: str, suffix: str) -> Path:
    """Return where a catalogue stands."""
    return ROOM / "i18n" / locale / "LC_MESSAGES" / f"web.{suffix}"


def renewed(locale: str, template: Catalog) -> Catalog:
    """Return a locale's catalogue with exactly the template's texts, its translations kept."""
    path = path_of(locale, "po")
    found = Catalog(locale=locale, project="warrantor", fuzzy=False)
    if path.exists():
        with path.open("rb") as held:
            found = read_po(held, locale=locale)
    found.update(template, no_fuzzy_matching=True, update_creation_date=False)
    found.obsolete.clear()
    for message in found:
        if message.id and locale == "en":
            message.string = message.id
    return found


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as the server reads it."""
    held = BytesIO()
    write_mo(held, catalog)
    return held.getvalue()


def main() -> None:
    """Write both catalogues."""
    for locale in LOCALES:
        catalog = renewed(locale, gathered())
        path_of(locale, "po").parent.mkdir(parents=True, exist_ok=True)
        with path_of(locale, "po").open("wb") as held:
            write_po(held, catalog, width=120, omit_header=False, no_location=True, sort_output=True)
        path_of(locale, "mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    main()
