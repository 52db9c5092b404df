"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer people may sign in with.

    Attributes
    ----------
    url : str
        Its address; the tokens must name it.
    client, secret : str
        What it calls us, and the secret shared with it.
    name : str
        The word on the button.
    """

    url: str
    client: str
    secret: str = field(repr=False)
    name: str = "OpenID"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves.

    Attributes
    ----------
    home : Path
        Folder of jobs and, beside them, the fleet that the laboratory's pages are made from.
    fleet : Path or None
        A fleet folder that `warrantor load` wrote; without it no analysis can be started.
    secure : bool
        Cookies only over TLS; needed behind a proxy that ends TLS, impossible on plain loopback.
    hosts : tuple of str
        Names the server answers to; empty: any.
    issuer : Issuer or None
        Who else may vouch for people.
    idle, longest : timedelta
        A session ends after so long unused, and after so long in any case.
    floor : float
        Seconds that every public look-up takes at least, so that a known and an unknown serial take alike.
    trusted_proxy : bool
        The last address of X-Forwarded-For is the caller's; only behind a proxy of one's own.
    most_asked : int
        Units that one person may ask about in an hour, in batches or one by one.
    """

    home: Path
    fleet: Path | None = None
    secure: bool = False
    hosts: tuple[str, ...] = ()
    issuer: Issuer | None = None
    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)
    floor: float = 0.1
    trusted_proxy: bool = False
    most_asked: int = 5_000
