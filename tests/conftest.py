"""What tests share: the folder of larger data, and how the real parts are asked for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]


def missing(what):
    """Skip where a real part is absent, fail where continuous integration promised it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def data_folder():
    """The folder of larger data: WARRANTOR_DATA, by default ../shared/data beside the checkout."""
    folder = Path(os.environ.get("WARRANTOR_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing(f"the larger data is not at {folder}; name its folder in WARRANTOR_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """One browser for all: its driver's loop cannot run twice in one process."""
    if not CHROMIUM.exists():
        missing(f"Chromium is not at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()
