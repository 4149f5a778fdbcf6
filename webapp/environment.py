"""Reading variables of the environment: each is checked, and refused with one clear line when wrong."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


class SettingError(SystemExit):
    """A setting that stops the start. Its text is one line: the variable, what was given, what would be right.

    Whatever process meets it (web, worker, command) ends with that line and exit code 1, and without a traceback.
    """

    def __init__(self, variable: str, given: str, wanted: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {given}; {wanted}")


def given_value(environ: Mapping[str, str], variable: str) -> str | None:
    """The value without surrounding blanks; None when unset or empty, so that `PORT=` in a file means the default."""
    return environ.get(variable, "").strip() or None


def choice(environ: Mapping[str, str], variable: str, choices: tuple[str, ...], *, default: str) -> str:
    """One of the choices."""
    given = given_value(environ, variable)
    if given is None:
        return default
    if given not in choices:
        raise SettingError(variable, f"is {given!r}", f"it must be one of {', '.join(choices)}")
    return given


def whole_number(environ: Mapping[str, str], variable: str, *, low: int, high: int, default: int) -> int:
    """A whole number between the two, both included."""
    given = given_value(environ, variable)
    if given is None:
        return default
    # isdecimal alone would let digits of other scripts through.
    if not (given.isascii() and given.isdecimal() and low <= int(given) <= high):
        wanted = f"it must be a whole number from {low} to {high}, for example {variable}={default}"
        raise SettingError(variable, f"is {given!r}", wanted)
    return int(given)


def seconds_of(environ: Mapping[str, str], variable: str, *, default: tuple[int, ...]) -> tuple[int, ...]:
    """Whole seconds, separated by commas."""
    given = given_value(environ, variable)
    if given is None:
        return default
    parts = [part.strip() for part in given.split(",")]
    if not all(part.isascii() and part.isdecimal() and 1 <= int(part) <= 86_400 for part in parts) or len(parts) > 10:
        wanted = "it must be up to 10 whole numbers of seconds from 1 to 86400, for example 1,5,25"
        raise SettingError(variable, f"is {given!r}", wanted)
    return tuple(int(part) for part in parts)


def networks_of(environ: Mapping[str, str], variable: str, *, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Addresses and networks, each as a network; `none` for none where the default names some."""
    given = given_value(environ, variable)
    if given is None:
        return default
    if given == "none":
        return ()
    networks = []
    for each in (part.strip() for part in given.split(",")):
        try:
            networks.append(str(ipaddress.ip_network(each, strict=False)))
        except ValueError as error:
            wanted = "it must be IP addresses or networks, for example 203.0.113.7,2001:db8::/48"
            raise SettingError(variable, f"has {each!r}", wanted) from error
    return tuple(networks)


def split_url(url: str) -> SplitResult | None:
    """The parts of a URL; None when it is none (its port is looked at, for that is where urlsplit is lazy)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def without_password(url: str) -> str:
    """The URL fit for a terminal or log: whatever stands between the scheme and the last @ is left out."""
    credentials, at, rest = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = credentials.partition("://")
    return f"{scheme}://***@{rest}" if separator else f"***@{rest}"
