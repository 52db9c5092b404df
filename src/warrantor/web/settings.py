"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")  # names of this machine that no other machine can take


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
    url : str
        Where people reach the server, as `origin_of` writes it; empty: wherever it listens. An issuer sends people back
        there, only forms of its pages are taken, and https means that cookies go over TLS alone.
    names : tuple of str
        More names the server answers to.
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
    url: str = ""
    names: tuple[str, ...] = ()
    issuer: Issuer | None = None
    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)
    floor: float = 0.1
    trusted_proxy: bool = False
    most_asked: int = 5_000

    @property
    def secure(self) -> bool:
        """Whether people come over TLS."""
        return self.url.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names the server answers to; none: any.

        Where an issuer sends people back is never what somebody wrote into a Host header: without an address of its own
        such a server answers on this machine alone.
        """
        own = (urlsplit(self.url).netloc,) if self.url else LOOPBACK if self.issuer else ()
        return tuple(_bare(name) for name in (*own, *self.names))


def origin_of(url: str) -> str:
    """Return an address as a browser names it: scheme, name and port, no more.

    Raises
    ------
    ValueError
        It is no address that a site can have for itself.

    Examples
    --------
    >>> origin_of("https://Desk.example:443/"), origin_of("http://[::1]:8000")
    ('https://desk.example', 'http://[::1]:8000')
    """
    parts = urlsplit(url)
    name, usual = parts.hostname, {"http": 80, "https": 443}.get(parts.scheme)
    if usual is None or not name or not name.isascii():
        raise ValueError(f"{url} is no address of a site; write it as in https://desk.example.")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{url} is more than a site: the pages begin at /, so write only its scheme and its name.")
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://[{name}]{port}" if ":" in name else f"{parts.scheme}://{name}{port}"


def _bare(name: str) -> str:
    return f"{name.partition(']')[0]}]" if name.startswith("[") else name.partition(":")[0]
