"""How many wrong passwords there may be: of a name from a place, from a place, and of a name by strangers to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from warrantor.web.limits import HOUR, network_of, place_of
from warrantor.web.windows import Limit, Windows

QUARTER = timedelta(minutes=15)


@dataclass(slots=True)
class Tries:
    """The limits of wrong passwords.

    A name is tried out where strangers, who never signed in with it from where they are, had `calm` wrong passwords for
    it in the hour. From then on a stranger whose network had one is refused, and one without may try once; beyond
    `storm` no stranger may. Who signed in rightly from a place within thirty days is none there, and whatever is tried
    elsewhere, by whomever, does not keep them out.

    Attributes
    ----------
    windows : Windows
        Where they are counted.
    pair : int
        Wrong passwords for a name from a place, in a quarter of an hour.
    place : int
        Wrong passwords from a place for names that are strange there, in a quarter of an hour.
    calm, storm : int
        Wrong passwords of strangers for a name, in an hour.
    """

    windows: Windows
    pair: int = 10
    place: int = 50
    calm: int = 100
    storm: int = 400

    def limits(self, address: str, name: str, *, known: bool) -> tuple[Limit, ...]:
        """Return the limits that a try stands under, to be taken before the password is proved.

        Parameters
        ----------
        address : str
            Where it comes from.
        name : str
            Whose password is tried.
        known : bool
            Whether that name signed in from there within thirty days.
        """
        place = place_of(address)
        pair = Limit(f"pair:{place}:{name}", self.pair, QUARTER)
        if known:
            return (pair,)
        whole = f"name:{name}"
        tried_out = self.windows.count(whole, HOUR) >= self.calm
        near = Limit(f"near:{network_of(address)}:{name}", 1 if tried_out else self.storm, HOUR)
        return Limit(f"from:{place}", self.place, QUARTER), pair, near, Limit(whole, self.storm, HOUR)

    def forgive(self, address: str, name: str) -> None:
        """Start a name again at a place from which its password was right."""
        self.windows.forget(f"pair:{place_of(address)}:{name}")
