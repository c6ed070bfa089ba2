# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spreadsheets of people and telephones: FreePBX's export of extensions, and columns that people named freely.

A row becomes a section with the options of users.conf, so that one set of rules serves all.
"""
from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Unreadable

from ..people import read_csv
from .asterisk_conf import Option, Section, decoded, shown
from .draft import is_false, is_number, slug
from .report import Report

# What people call a column, in lower case with single spaces: the option it is
FREELY: dict[str, str] = {
    name: option for option, names in {
        "number": "number, extension, ext, extension number, internal number, internal, phone number, phone, telephone, durchwahl, nummer, anknytning",
        "fullname": "name, full name, fullname, display name, displayname, user, employee",
        "first": "first name, firstname, given name",
        "second": "last name, lastname, surname, family name",
        "email": "email, e mail, mail, email address, e mail address, mail address",
        "secret": "password, secret, sip password, sip secret, sippassword, device password",
        "vmsecret": "pin, voicemail pin, vm pin, vmpin, voicemail password, vm password, vmsecret",
        "hasvoicemail": "voicemail, mailbox, has voicemail",
        "section": "username, user name, login, account, sip user, sip username",
        "callerid": "caller id, callerid, cid, outgoing number",
        "host": "ip, ip address, host, address",
        "description": "description, notes, comment, remarks",
        "transport": "transport", "allow": "codecs", "nat": "nat", "context": "context", "type": "type",
    }.items() for name in names.split(", ")}
# FreePBX's columns that have another name than chan_sip's option, of its modules core and voicemail
FREEPBX = {"extension": "number", "name": "fullname", "description": "", "voicemail_enable": "hasvoicemail", "voicemail_vmpwd": "vmsecret",
           "voicemail_pwd": "vmsecret", "vmpin": "vmsecret", "voicemail_email": "email", "voicemail_pager": "pager", "md5_cred": "md5secret",
           "mailbox": "", "voicemail": "", "callerid": "", "cid_masquerade": "cid_number", "vmpwd": "vmsecret"}
OF_DEVICE = "devinfo_"      # before chan_sip's own options in exports of FreePBX 12 and older
FREEPBX_SIGNS = {"tech", "sipdriver", "devicetype", "voicemail_vmpwd", "voicemail_enable", "vmpin"}
# Columns that say nothing of their own: what they say follows from others
FREEPBX_FOLLOWS = ("id", "account", "user", "dial", "tech", "sipdriver", "devicetype", "devicedata", "flags", "description", "mailbox", "voicemail", "callerid",
                   "action", "deviceid", "deviceuser", "ddial")
FREEPBX_LINES = ("sip", "pjsip", "chan_sip", "chan_pjsip", "")
FORMULA = tuple("=@+-")


def read_sheet(path: str, name: str, text: bytes, report: Report) -> list[Section]:
    """A row, a section. Raises Unreadable."""
    said = decoded(name, text).replace("\0", "")
    try:
        head = [each.strip() for each in next(csv.reader(io.StringIO(said, newline=""), delimiter=separator(said)), [])]
    except csv.Error as problem:
        raise Unreadable(f"{name}: line 1: {problem}") from None
    lower = {each.lower() for each in head}
    freepbx = "extension" in lower and bool(lower & FREEPBX_SIGNS)
    called = {each: column(each, freepbx) for each in head}
    if not {"number", "section"} & set(called.values()) and not {"fullname", "first", "second"} & set(called.values()):
        # not shown: without a heading the first row is somebody's, with a password in it
        raise Unreadable(f"{name}: line 1: names no column for a number or a name: the first row must say what the columns are")
    items, places = read_csv(name, said)
    sections = [row(name, line_of(place), item, called, freepbx, report) for item, place in zip(items, places)]
    zeros(name, sections, report)
    kept: dict[str, Section] = {}
    for each in sections:
        if kept.setdefault(each.name, each) is not each:
            report.note(f"{name}: line {each.line}: {shown(each.name)} stands in line {kept[each.name].line} already: this row was left out")
            for option in each.options:
                report.lose(option, each.name, "the row was left out: an earlier one has the same number or name")
    return [each for each in kept.values() if each.options]


def separator(said: str) -> str:
    """The same choice as read_csv makes."""
    first = said.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else "\t" if first.count("\t") > first.count(",") else ","


def line_of(place: str) -> int:
    return int(place.rpartition(" ")[2])


def column(head: str, freepbx: bool) -> str:
    """The option that a column is."""
    if freepbx:
        return FREEPBX.get(plain(head), plain(head))
    return FREELY.get(" ".join(re.findall(r"[^\W_]+", head.lower())), head)


def plain(head: str) -> str:
    """What a column of FreePBX is called in all of its releases."""
    return head.lower().removeprefix(OF_DEVICE)


def row(file: str, line: int, item: Mapping[str, str], called: Mapping[str, str], freepbx: bool, report: Report) -> Section:
    section = Section("", file, line)
    heard: dict[str, Option] = {}
    for head, text in item.items():
        option = Option(called[head], text.strip(), file, line, shown=head)
        heard.setdefault(option.name, option)
        section.options.append(option)
    number = heard["number"].value if "number" in heard else ""
    name = heard["fullname"].value if "fullname" in heard else " ".join(heard[each].value for each in ("first", "second") if each in heard)
    name = " ".join(name.split())
    section.name = heard["section"].value if "section" in heard else number or slug(name, ".") or f"row-{line}"
    if freepbx:
        settle_freepbx(section, {plain(head): option for head, option in zip(item, section.options)}, report)
    else:
        settle_freely(section, heard, name, report)
    for option in section.options:
        if "\n" in option.value or "\r" in option.value:
            option.value = " ".join(option.value.split())
            report.change(option, section.name, "a line break in a cell is a space")
        if option.name in ("fullname", "description") and option.value.startswith(FORMULA) and not option.fate:
            report.lose(option, section.name, "begins like a formula (=, +, -, @): write it as text")
    if section.options:
        section.options.append(Option("type", "friend", file, line, fate="" if not any(each.name == "type" for each in section.options) else "overridden"))
    return section


def settle_freely(section: Section, heard: Mapping[str, Option], name: str, report: Report) -> None:
    parts = [heard[each] for each in ("first", "second") if each in heard]
    if parts and "fullname" not in heard:
        for each in parts:
            each.fate = "agent.full_name"
        section.options.append(Option("fullname", name, section.file, section.line, shown=" and ".join(each.called for each in parts)))
    if "section" in heard:
        heard["section"].fate = "agent.username"
    if "vmsecret" in heard and "hasvoicemail" not in heard:
        section.options.append(Option("hasvoicemail", "yes", section.file, section.line, shown=heard["vmsecret"].called))


def settle_freepbx(section: Section, columns: Mapping[str, Option], report: Report) -> None:
    """What one column says of others."""
    value = {head: option.value for head, option in columns.items()}
    driver = value.get("sipdriver", "").lower() or value.get("tech", "").lower()
    if driver not in FREEPBX_LINES:
        for option in section.options:
            report.lose(option, section.name, "is no SIP telephone")
        section.options.clear()
        return
    for head in FREEPBX_FOLLOWS:
        if head in columns:
            columns[head].fate = "follows"
    callerid = value.get("callerid", "")
    own = f"{value.get('name', '')} <{section.name}>"
    if callerid and not callerid.lower().startswith("device") and callerid.replace('"', "") != own:
        columns["callerid"].fate, columns["callerid"].name = "", "callerid"
    if "vm" in columns and "voicemail_enable" not in columns:
        columns["vm"].name, columns["vm"].value = "hasvoicemail", "yes" if value["vm"].lower() == "enabled" else "no"
    elif "voicemail_enable" not in columns and value.get("voicemail", "novm") not in ("novm", "disabled", "", "no"):
        section.options.append(Option("hasvoicemail", "yes", section.file, section.line, shown=columns["voicemail"].called))
    box_context = value.get("voicemail", "default")
    if box_context not in ("default", "novm", "disabled", "yes", "no", "enabled", ""):
        section.options.append(Option("mailbox", f"{section.name}@{box_context}", section.file, section.line, shown=columns["voicemail"].called))
    if is_false(value.get("voicemail_enable", "")):
        columns["voicemail_enable"].fate = "in effect"


def zeros(file: str, sections: Sequence[Section], report: Report) -> None:
    """A leading zero that a spreadsheet took cannot be given back, but a number that is shorter than the others can be told."""
    numbers = [each.value for section in sections for each in section.options if each.name == "number" and is_number(each.value)]
    usual = Counter(map(len, numbers)).most_common(1)[0][0] if numbers else 0
    short = [each for each in numbers if len(each) < usual]
    if short:
        report.note(f"{file}: {', '.join(short[:10])}{' and more' if len(short) > 10 else ''}: shorter than the other numbers; if a spreadsheet took a leading "
                    "zero away, put it back there, since nothing here can know")
