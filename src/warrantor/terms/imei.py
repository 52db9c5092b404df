"""The serial of a phone: what its fifteen digits say of themselves."""

from __future__ import annotations

from collections.abc import Collection

SEPARATORS = str.maketrans("", "", " -./\t")
RESERVED = "00000000"


def imei_status(text: str, ours: Collection[str] = ()) -> str:
    """Return what an IMEI is: valid, or what is wrong with it.

    Parameters
    ----------
    text : str
        As read; blanks, hyphens, dots and slashes between digits are let pass.
    ours : collection of str
        Type codes (the first eight digits) that the maker owns; empty: not asked.

    Returns
    -------
    str
        valid, bad_check_digit, incomplete:cd=N (the check digit that is lacking), imeisv:imei=N (a software version
        number, and the IMEI it belongs to), reserved_tac, foreign_tac, invalid_length or invalid_chars.

    Source
    ------
    3GPP TS 23.003, section 6.2: type code 8 digits, serial 6, Luhn digit over these 14; the IMEISV has none.

    Examples
    --------
    >>> imei_status("490154203237518"), imei_status("49015420323751"), imei_status("000000000000000")
    ('valid', 'incomplete:cd=8', 'reserved_tac')
    """
    digits = text.translate(SEPARATORS)
    if not (digits.isascii() and digits.isdigit()) and digits:
        return "invalid_chars"
    if len(digits) not in (14, 15, 16):
        return "invalid_length"
    if len(digits) == 15 and digits[14] != check_digit(digits[:14]):
        return "bad_check_digit"
    if digits.startswith(RESERVED):
        return "reserved_tac"
    if ours and digits[:8] not in ours:
        return "foreign_tac"
    return {14: f"incomplete:cd={check_digit(digits[:14])}", 15: "valid",
            16: f"imeisv:imei={digits[:14]}{check_digit(digits[:14])}"}[len(digits)]


def check_digit(digits: str) -> str:
    """Return the Luhn digit of 14 digits: every second one doubled, its own digits added.

    Examples
    --------
    >>> check_digit("49015420323751")
    '8'
    """
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(digits))
    return str(-total % 10)
