"""warrantor serve: the desk on pages and as an API, until it is told to stop."""

from __future__ import annotations

import os
import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import note

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.terms import Guarantees
    from warrantor.web import Issuer

SECRET = "WARRANTOR_ISSUER_SECRET"  # noqa: S105  where the secret is, not the secret
Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
Flag = Annotated[bool, Parameter(negative="")]


def serve(
    folder: Path,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    database: str | None = None,
    fleet: Path | None = None,
    guarantees: Path | None = None,
    url: str | None = None,
    trusted_proxy: Flag = False,
    names: Many = None,
    issuer: str | None = None,
    client: str = "warrantor",
) -> None:
    """Serve the desk: pages for people, an API for programs; made and brought up to date first.

    The first start makes an account `admin` and says its password once. Stop it with Ctrl-C or SIGTERM: requests that
    are being answered are finished first.

    Parameters
    ----------
    folder
        Where the desk lives: its database, its key, its jobs.
    host
        The address to listen on; only this machine unless said.
    port
        The port; 0 takes any that is free.
    database
        A PostgreSQL address (postgresql://...), instead of desk.sqlite in the folder.
    fleet
        A fleet folder that `warrantor load` wrote; FOLDER/fleet where there is one.
    guarantees
        A guarantee pack: the maker's promises.
    url
        Where people reach it, as https://desk.example: the name it answers to; with https, cookies go over TLS only.
    trusted_proxy
        The last address of X-Forwarded-For is the caller's.
    names
        More names the server answers to; any, unless this or --url is said.
    issuer
        Address of an OpenID Connect issuer; its secret stands in WARRANTOR_ISSUER_SECRET. Needs --url, but on loopback.
    client
        What the issuer calls this server.
    """
    from warrantor.web import Settings, create_app
    from warrantor.web.serving import address, bound
    from warrantor.web.serving import serve as run

    vouching = _issuer(issuer, client, host, url)
    held = fleet or (folder / "fleet" if (folder / "fleet" / "manifest.json").exists() else None)
    if held is not None and not (held / "manifest.json").exists():
        raise UsageError(f"{held} is no fleet: `warrantor load` writes one.")
    settings = Settings(folder, held, url=_url(url), names=tuple(names or ()), issuer=vouching,
                        trusted_proxy=trusted_proxy)
    with opened(folder, database, guarantees) as store:
        first_admin(store)
        socket = bound(host, port)
        run(create_app(store, settings), socket, lambda: print(address(host, socket), flush=True))


def opened(folder: Path, database: str | None = None, guarantees: Path | None = None) -> Store:
    """Return the desk of a folder, its key made where there is none yet."""
    from warrantor.desk.ahead import keep_ahead
    from warrantor.desk.store import open as open_desk
    from warrantor.desk.vault import read_key
    from warrantor.terms import load_guarantees

    folder.mkdir(parents=True, exist_ok=True)
    promises: Guarantees | None = load_guarantees(guarantees) if guarantees is not None else None
    store = open_desk(database or folder / "desk.sqlite", key=read_key(folder / "desk.key"), guarantees=promises)
    keep_ahead(store)
    return store


def first_admin(store: Store) -> None:
    """Make the account `admin` in a desk without people, and say its password: once, on stderr."""
    from warrantor.desk import people
    from warrantor.desk.actor import THE_MACHINE

    if people.count(store):
        return
    password = secrets.token_urlsafe(15)
    people.add(store, THE_MACHINE, "admin", "admin", password=password)
    note(f"The first account: admin, password {password}. It is not shown again.")


def _url(url: str | None) -> str:
    from warrantor.web.settings import origin_of

    try:
        return "" if url is None else origin_of(url)
    except ValueError as error:
        raise UsageError(f"--url: {error}") from error


def _issuer(issuer: str | None, client: str, host: str, url: str | None) -> Issuer | None:
    from warrantor.web import Issuer

    if issuer is None:
        return None
    if url is None and not _loopback(host):
        raise UsageError("--issuer sends people back to this server: say where they reach it, as in "
                         "--url https://desk.example.")
    secret = os.environ.get(SECRET)
    if not secret:
        raise UsageError(f"--issuer needs the secret it shares with this server in {SECRET}.")
    return Issuer(issuer, client, secret)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
