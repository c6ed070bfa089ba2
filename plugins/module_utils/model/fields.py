# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of field a resource is made of. A field checks one value and says what is wrong with it.

Values come from YAML, JSON or the cells of a spreadsheet, so every kind takes text too and knows how to read it; what it
returns is the value's one normal form, made of JSON's types only.
"""
from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any, Optional

from .errors import Wrong, nearest
from .secrets import DIGITS, LETTERS, derive, digests

Said = Mapping[str, Any]        # fields that somebody gave, without defaults
Whole = Mapping[str, Any]       # all fields, with defaults

# control characters, line and paragraph separators, and the marks that turn the direction of text or are invisible; the two
# joiners that Persian, Indic scripts and emoji need (U+200C, U+200D) are text
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


@dataclass(frozen=True)
class Field:
    name: str                       # a dot makes it a member of a group: phone.delay
    says: str                       # one line for the documentation
    default: Any = None             # a value, or a Depends
    required: bool = False          # at creation
    fixed: bool = False             # never changes after creation
    claim: str = ""                 # the space in which the value is unique over all kinds of resources
    idle: bool = False              # kept and checked only: nothing acts on it yet, and whoever sets it is told so
    apart: bool = False             # people change it themselves: kept apart, and left alone by a run that does not name it
    beside: str = ""                # taken only where this field is set by the same run
    passing: bool = False           # an instruction, or what is kept in another form: never part of what is said

    secret = False                  # never shown, logged or returned
    ansible_type = "str"
    ansible_elements = ""
    choices: tuple[str, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether it has no default to go back to: what is fixed, secret or people's own."""
        return self.fixed or self.secret or self.apart

    def check(self, value: Any) -> Any:
        """The value in its one normal form. Raises Wrong."""
        raise NotImplementedError

    def claims(self, value: Any) -> str:
        """What a value occupies in the field's claim space, or nothing."""
        return str(value or "")

    def key_of(self, value: Any) -> Any:
        """What tells a checked value in a list from the others."""
        return value


@dataclass(frozen=True)
class Depends:
    """A default that follows from another field. `by` is that field's name, `values` the default for each of its values."""
    by: str
    values: Mapping[str, Any]

    def of(self, said: Said) -> Any:
        return self.values[said[self.by]]


@dataclass(frozen=True)
class Text(Field):
    pattern: str = ""
    rule: str = ""
    longest: int = 255              # characters
    bytes: int = 1020               # in UTF-8
    reserved: tuple[str, ...] = ()

    @functools.cached_property
    def matches(self) -> Callable[[str], Optional[re.Match[str]]]:
        return re.compile(self.pattern).fullmatch

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(f"must be text, not {type(value).__name__}: put it in quotes")
        text = value if value.isascii() else unicodedata.normalize("NFC", value)
        text = text.strip()
        if FORBIDDEN.search(text):
            raise Wrong("holds a control character, a line break or a mark that turns the direction of text")
        if len(text) > self.longest:
            raise Wrong(f"is longer than {self.longest} characters")
        if len(text.encode()) > self.bytes:
            raise Wrong(f"is longer than {self.bytes} bytes in UTF-8, which is all that Asterisk keeps of it")
        if self.pattern and not self.matches(text):
            raise Wrong(self.rule)
        if text in self.reserved:
            raise Wrong(f"{text} means something to Asterisk itself: choose another name")
        return text


@dataclass(frozen=True)
class Number(Text):
    """An internal number. YAML reads 1001 as a number, which is as good as text; a lost leading zero it cannot give back."""
    pattern: str = r"[0-9]{2,15}"
    rule: str = "must be 2 to 15 digits"
    allocated: bool = False         # the lowest free one when a new resource gives none

    def check(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, float) or isinstance(value, str) and re.fullmatch(r"[0-9]+[.,][0-9]+|[0-9.,]+[eE]\+?[0-9]+", value):
            raise Wrong("looks mangled by a spreadsheet: format the column as text")
        return super().check(value)


@dataclass(frozen=True)
class Mail(Text):
    pattern: str = r"[A-Za-z0-9!#$%&'*+/=?^_`{}~.-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
    rule: str = "is not a mail address"

    def claims(self, value: Any) -> str:
        return str(value or "").casefold()


@dataclass(frozen=True)
class Flag(Field):
    default: Any = False
    ansible_type = "bool"

    def check(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        text = value.strip().lower() if isinstance(value, str) else ""
        if text in ("yes", "true", "on", "1"):
            return True
        if text in ("no", "false", "off", "0"):
            return False
        raise Wrong("must be true or false")


@dataclass(frozen=True)
class Integer(Field):
    least: int = 0
    most: int = 2**31 - 1
    unit: str = ""
    ansible_type = "int"

    def check(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise Wrong(f"must be a whole number from {self.least} to {self.most}{' ' + self.unit if self.unit else ''}")
        return value


@dataclass(frozen=True)
class Choice(Field):
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        if isinstance(value, bool):     # YAML reads a bare yes or on as true; only a field with that choice accepts it
            value = next((each for each in (("yes", "on") if value else ("no", "off")) if each in self.choices), "yes" if value else "no")
        if not isinstance(value, str) or value not in self.choices:
            shown = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
            raise Wrong(f"{shown} is none of {', '.join(self.choices)}{nearest(str(value), self.choices)}")
        return value


@dataclass(frozen=True)
class List(Field):
    """An ordered list without repeats, short enough for one line of a configuration file. As text: words separated by spaces."""
    each: Field = Text("", "")
    default: Any = ()
    ansible_type = "list"
    ansible_elements = "str"
    filled: bool = False            # an empty list is refused
    most: int = 64

    def check(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            value = value.split()
        if not isinstance(value, (list, tuple)):
            raise Wrong("must be a list")
        if len(value) > self.most:
            raise Wrong(f"must name at most {self.most} values, not {len(value)}")
        checked = [self.each.check(one) for one in value]
        if len({self.each.key_of(one) for one in checked}) != len(checked):
            raise Wrong("names a value twice")
        if self.filled and not checked:
            raise Wrong("must not be empty: null takes it back to the default")
        return checked


@dataclass(frozen=True)
class Host(Field):
    """Where a device calls from: `dynamic`, an IP address, or a network."""
    default: Any = "dynamic"

    def check(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if text == "dynamic":
            return text
        try:
            if not re.fullmatch(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", text):
                raise ValueError
            where = ip_interface(text)
        except ValueError:
            raise Wrong("must be dynamic, an IP address, or a network such as 192.0.2.0/24" + (nearest(text, ("dynamic",)) if text else "")) from None
        network, mapped = where.network, getattr(where.ip, "ipv4_mapped", None)
        if network.prefixlen == 0:
            raise Wrong("is every address there is: leave it at dynamic")
        if where.ip != network.network_address:
            raise Wrong(f"has host bits set: the network is {network}")
        if where.ip.is_multicast or where.version == 4 and where.ip.packed[0] in (0, 255) or int(where.ip) == 0:
            raise Wrong("is not an address a telephone can have")
        if network.num_addresses == 1:
            return self.check(str(mapped)) if mapped else str(where.ip)
        if mapped:
            raise Wrong("is an IPv4 network written as IPv6: write it as IPv4")
        return str(network)

    def claims(self, value: Any) -> str:
        return "" if value in (None, "dynamic") or "/" in value else str(value)


@dataclass(frozen=True)
class Word(Text):
    """A name that other things know a resource by."""
    pattern: str = r"(?=.*[a-z])[a-z0-9][a-z0-9._-]{0,39}"
    rule: str = "must be at most 40 lower case letters, digits, '.', '_' or '-', begin with a letter or digit and hold a letter"


@dataclass(frozen=True)
class Reference(Word):
    """The key of another resource, which must exist. The store keeps that one's internal id."""
    to: str = ""                    # its kind

    def renamed(self, value: str, key: Any) -> Any:
        """The same value with another key in it."""
        return key


@dataclass(frozen=True)
class Ranked(Reference):
    """A reference with a penalty, by which a queue chooses: `sales:2`, or `sales` for 0. The lower, the earlier."""
    most: int = 100

    def check(self, value: Any) -> str:
        if isinstance(value, Mapping):
            if "name" not in value or not set(value) <= {"name", "penalty"}:
                raise Wrong("as a mapping has a name and a penalty")
            name, penalty = value["name"], value.get("penalty", 0)
        else:
            name, _colon, penalty = value.strip().partition(":") if isinstance(value, str) else (value, "", "")
        try:
            rank = Integer("", "", most=self.most).check("0" if penalty == "" else penalty)
        except Wrong as wrong:
            raise Wrong(f"a penalty {wrong.rule}") from None
        key = super().check(name)
        return f"{key}:{rank}" if rank else key

    def key_of(self, value: str) -> str:
        return value.partition(":")[0]

    def renamed(self, value: str, key: Any) -> str:
        return f"{key}:{rank}" if (rank := self.rank(value)) else str(key)

    @staticmethod
    def rank(value: str) -> int:
        return int(value.partition(":")[2] or 0)


@dataclass(frozen=True)
class View(List):
    """What others say of this resource, seen from its side: given, it is written into their field `through`; it is never kept here."""
    most: int = 10_000              # no line of a file has to hold them
    through: str = ""


def is_address(host: str) -> bool:
    """Whether a checked host is one fixed address."""
    return host != "dynamic" and "/" not in host


def always(_whole: Whole) -> bool:
    return True


def never(_whole: Whole) -> bool:
    return False


@dataclass(frozen=True)
class Secret(Field):
    """Given, or derived from the run's seed when it is needed and there is none. Kept sealed."""
    shortest: int = 8
    longest: int = 128
    alphabet: str = LETTERS
    length: int = 20                                # of a generated one: 117 bits
    needed: Callable[[Whole], bool] = always
    told: Callable[[Whole], bool] = never           # whoever needs a generated one gets it without credentials_file
    written_as: str = ""                            # the name of a generated one in credentials_file, where it is not the field's

    secret = True

    def check(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise Wrong("must be text in quotes")
        if FORBIDDEN.search(value):
            raise Wrong("holds a control character")
        if not self.shortest <= len(value) <= self.longest:
            raise Wrong(f"must have {self.shortest} to {self.longest} characters")
        return value

    def make(self, seed: str, kind: str, key: str) -> str:
        return derive(seed, kind, key, self.name, self.alphabet, self.length)

    def is_made(self, said: Said, seed: str, kind: str, key: str, realm: str) -> bool:
        """Whether what is said holds the secret that this seed makes."""
        return self.name in said and bool(said[self.name] == self.seal(self.make(seed, kind, key), key, realm))

    def seal(self, checked: Any, key: str, realm: str) -> Any:
        """What is stored for a checked value. Raises Wrong."""
        return checked

    def mark(self, sealed: Any) -> Any:
        """The sealed value of a secret that was generated while nobody wrote it down."""
        return sealed

    def is_marked(self, sealed: Any) -> bool:
        return False

    def stars(self, held: str) -> Any:
        """A sealed value that shows nothing."""
        return held


@dataclass(frozen=True)
class SipPassword(Secret):
    """Stored as digests only; digests are taken too, so that a site can be moved without its passwords. An older site has MD5 ones alone.

    `untold` beside them marks a password that nobody was ever told, but for the browser that it was made for.
    """

    def check(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            sealed = {name: each for name, each in value.items() if name != "untold"}
            if set(sealed) | {"sha256"} != {"md5", "sha256", "realm"} or not all(isinstance(each, str) for each in sealed.values()) \
                    or not re.fullmatch("[0-9a-f]{32}", sealed["md5"]) or not re.fullmatch("[0-9a-f]{64}", sealed.get("sha256", "0" * 64)):
                raise Wrong("as digests must be md5 (32 hex digits), sha256 (64, if there is one) and their realm")
            return self.mark(sealed) if Flag("", "").check(value.get("untold", False)) else sealed
        return super().check(value)

    def seal(self, checked: Any, key: str, realm: str) -> Any:
        if isinstance(checked, str):
            return digests(key, realm, checked)
        if checked["realm"] != realm:
            raise Wrong(f"has digests of another realm than the site's, {realm}")
        return checked

    def mark(self, sealed: Any) -> Any:
        return {**sealed, "untold": True}

    def is_marked(self, sealed: Any) -> bool:
        return isinstance(sealed, Mapping) and "untold" in sealed

    def stars(self, held: str) -> Any:
        return {"md5": held, "sha256": held, "realm": held}


@dataclass(frozen=True)
class Pin(Secret):
    """A voicemail PIN. Asterisk needs it in clear, so it is the one secret that is kept so."""
    shortest: int = 4
    longest: int = 10
    alphabet: str = DIGITS
    length: int = 6

    def check(self, value: Any) -> str:
        pin: str = super().check(value)     # no number: YAML would have read 012345 as octal
        if not re.fullmatch("[0-9]+", pin):
            raise Wrong("must be digits only")
        return pin
