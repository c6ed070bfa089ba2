# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of sip.conf and users.conf as agents and extensions (channels/chan_sip.c: build_peer).

Rows of a spreadsheet come as such sections too, with the same names of options.
"""
from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Optional

from .asterisk_conf import Option, Section, shown
from .draft import Draft, Resources, each_of, is_false, is_number, is_true, slug
from .report import Report, SignIn
from .voicemail import HERE, Box, Boxes

# Of [general], what each line has unless it says otherwise
INHERITED = ("nat", "context", "disallow", "allow", "transport", "videosupport", "encryption", "defaultexpiry", "defaultexpirey")
DEFAULT_CODECS = ("ulaw", "alaw", "gsm", "h263")        # chan_sip's, where nobody names any
VIDEO = ("h261", "h263", "h263p", "h264", "vp8", "vp9", "mpeg4", "jpeg", "png")
VIDEO_HERE = ("h264", "vp8")
SAME_CODEC = {"g729a": "g729", "mulaw": "ulaw"}
WEB = ("ws", "wss")
NAT = ("yes", "force_rport", "comedia", "auto_force_rport", "auto_comedia")
MOST_CALLS = 100        # of a voice capacity

# Known options without a place here, and why in a few words
WHY: dict[str, str] = each_of((
    ("accountcode amaflags cid_tag", "call records carry the line's own name"),
    ("setvar header", "variables and headers of the old dialplan mean nothing to the new one"),
    ("directmedia canreinvite directmediapermit directmediadeny directmediaacl directrtpsetup direct_media", "audio always goes through the host"),
    ("dtmfmode relaxdtmf dtmf_mode", "keys are sent as RFC 4733 events"),
    ("mohinterpret mohsuggest musicclass moh_suggest mohclass", "music on hold is the site's"),
    ("language tonezone", "prompts and tones are in the site's language"),
    ("subscribecontext outofcall_message_context regcontext regexten subscribe_context message_context",
     "what a telephone watches, and where its messages go, is the site's dialplan's"),
    ("vmexten unsolicited_mailbox subscribemwi mwi_from voicemail_extension", "mailboxes are reached by *97 and light the lamp"),
    ("acl contactacl contactpermit contactdeny", "lists of networks are not kept: see the field host"),
    ("busylevel incominglimit outgoinglimit max_contacts", "channels.voice.capacity is the limit"),
    ("parkinglot allowtransfer allowoverlap promiscredir progressinband useclientcode recordonfeature recordofffeature callingpres",
     "calls take the site's own way"),
    ("maxexpiry maxexpirey minexpiry minexpirey registertimeout registerattempts maximum_expiration minimum_expiration",
     "each line has one life of its registrations, sip_expires"),
    ("""trustrpid sendrpid rpid_update rpid_immediate trust_id_outbound g726nonstandard textsupport ignoresdpversion usereqphone insecure qualify qualifyfreq
     keepalive timert1 timerb session-timers session-expires session-minse session-refresher disallowed_methods use_q850_reason supportpath encryption_taglen
     snom_aoc_enabled avpf force_avp icesupport ignore_requested_pref discard_remote_hold_retrieval preferred_codec_only autoframing rtptimeout
     rtpholdtimeout rtpkeepalive maxcallbitrate maxforwards rtp_engine allowsubscribe srvlookup useragent sdpsession sdpowner notifyringing notifyhold
     notifycid compactheaders pedantic alwaysauthreject allowguest tos_sip tos_audio tos_video cos_sip cos_audio cos_video t1min timer_t1 sessiontimers
     timers rewrite_contact rtp_symmetric force_rport user_eq_phone send_connected_line media_use_received_transport remove_existing callcounter
     media_encryption_optimistic media_encryption refer_blind_progress device_state_busy_at match rtcp_mux bundle max_audio_streams max_video_streams
     aggregate_mwi limitonpeers limitonpeer auth_options_requests auth_message_requests accept_outofcall_message""", "is the same for all lines here"),
    ("t38pt_udptl t38pt_usertpsource faxdetect fax_detect", "fax is not carried"),
    ("""dtlsenable dtlsverify dtlscertfile dtlsprivatekey dtlscipher dtlscafile dtlscapath dtlssetup dtlsrekey dtlsfingerprint dtls_auto_generate_cert""",
     "lines of browsers have certificates made by Asterisk"),
    ("""bindaddr bindport port udpbindaddr tcpenable tcpbindaddr tlsenable tlsbindaddr tlscertfile tlsprivatekey tlscafile tlscapath tlscipher tlsclientmethod
     tlsdontverifyserver websocket_enabled externaddr externip externhost externrefresh externtcpport externtlsport localnet media_address stunaddr""",
     "addresses, ports and certificates of the host are set up by role asterisk"),
    ("""realm domain autodomain allowexternaldomains fromdomain rtcachefriends rtsavesysname rtupdate rtautoclear ignoreregexpire callevents dumphistory
     recordhistory sipdebug jbenable jbforce jbmaxsize jbresyncthreshold jbimpl jblog""", "is the same for the whole site"),
    ("defaultip fromuser outboundproxy auth remotesecret callbackextension trunkname registersip authuser contact", "is for calls to a provider"),
    ("""cc_agent_policy cc_monitor_policy cc_offer_timer cc_available_timer cc_max_agents cc_max_monitors cc_callback_macro cc_callback_sub
     cc_agent_dialstring cc_recall_timer""", "there is no call completion"),
    ("""hasiax hash323 hasmanager hasagent hasdirectory callwaiting threewaycalling transfer signalling dahdichan zapchan macaddress autoprov label
     linenumber linekeys lineskeys""", "other channels than SIP, and what telephones are provisioned with, are not taken over"),
    ("""ringtimer noanswer recording noanswer_cid busy_cid chanunavail_cid noanswer_dest busy_dest chanunavail_dest sipname findmefollow_enabled
     findmefollow_strategy findmefollow_grptime findmefollow_grplist call_screen pinless answermode intercom cfringtimer rvolume
     recording_in_external recording_out_external recording_in_internal recording_out_internal recording_ondemand recording_priority
     voicemail_same_exten disable_star_voicemail password emergency_cid hint_override vm""", "is FreePBX's own"),
    ("voicemail_options", HERE),
    ("outboundcid", "a caller id is shown to all whom the line calls, not outside only: see the field caller_id"),
    ("pager", "there are no pagers"),
    ("mailbox hasvoicemail vmsecret email", "goes with an agent's mailbox, and there is none"),
    ("defaultuser username", "a telephone signs in by the name of its line"),
))
UNKNOWN = "is an option that this import does not know"
# What is so here anyway, when its value is that
ANYWAY: dict[str, Callable[[str], bool]] = each_of((
    ("""trustrpid sendrpid directmedia canreinvite promiscredir textsupport encryption videosupport avpf force_avp icesupport t38pt_udptl faxdetect usereqphone
     ignoresdpversion allowoverlap insecure subscribemwi autoframing preferred_codec_only g726nonstandard supportpath use_q850_reason snom_aoc_enabled
     useclientcode dtlsenable allowguest hasiax hash323 hasmanager direct_media fax_detect""", is_false),
    ("callcounter allowsubscribe hassip alwaysauthreject remove_existing allowtransfer", is_true),
    ("qualify", lambda value: not is_false(value)), ("qualifyfreq", lambda value: value == "60"),
    ("dtmfmode dtmf_mode", lambda value: value.lower() in ("rfc2833", "auto", "rfc4733")),
    ("progressinband", lambda value: is_false(value) or value.lower() == "never"), ("busylevel", lambda value: value == "0"),
    ("session-timers sessiontimers", lambda value: value.lower() == "accept"), ("port", lambda value: value == "5060"),
    ("max_contacts", lambda value: value == "1"), ("maxforwards", lambda value: value == "70"),
))


@dataclass
class Wish:
    """How the import was asked to go about it."""
    persons: str = "auto"                   # or agents, extensions: what every line becomes
    contexts: Sequence[str] = ()            # patterns of dialplan contexts that the new host has


@dataclass
class Lines:
    """All lines of an installation in the making."""
    resources: Resources
    report: Report
    boxes: Boxes
    wish: Wish
    members: set[str] = field(default_factory=set)      # sections that are in a queue
    realm: str = "asterisk"                             # chan_sip's own, unless [general] says another
    drafts: list[Draft] = field(default_factory=list)
    whole_mailboxes: set[str] = field(default_factory=set)      # files that say of a mailbox all there is: users.conf and spreadsheets
    keys: set[str] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)     # all there are: none gives its name to another line

    def general(self, section: Section, among: Iterable[str]) -> None:
        """The options of [general]: those that lines inherit are these' matter."""
        for option in section.options:
            name = option.name.lower()
            if name == "register":
                self.report.lose(option, section.name, "registers at a provider: that is a trunk's")
            elif name == "realm":
                self.realm = option.value or self.realm
                self.report.lose(option, section.name, "the site's realm is an option of the first run that writes; digests of md5secret hold it")
            elif name in among:
                option.fate = "every line's"
            else:
                self.forget(option, section.name)

    def forget(self, option: Option, section: str) -> None:
        """The fate of an option that no rule takes."""
        name = option.name.lower()
        if not option.value:
            option.fate = "empty"
        elif name in ANYWAY and ANYWAY[name](option.value):
            option.fate = "in effect"
        else:
            self.report.lose(option, section, WHY.get(name, UNKNOWN))

    def trunk(self, draft: Draft) -> str:
        """Why a section is a trunk and no telephone, or nothing."""
        insecure, host = draft.peek("insecure"), draft.peek("host")
        own = {draft.section.name.lower(), draft.peek("cid_number").lower()}
        others = [each for each in ("fromuser", "defaultuser", "username") if draft.peek(each) and draft.peek(each).lower() not in own]
        if insecure and not is_false(insecure):
            return "insecure"
        if any(draft.peek(each) for each in ("remotesecret", "callbackextension", "outboundproxy", "trunkname")) or is_true(draft.peek("registersip")):
            return "it signs in elsewhere"
        if draft.peek("type").lower() == "peer" and others:
            return f"a peer with a {others[0]} that is not its own name"
        if host and host.lower() != "dynamic" and not is_address(host) and not is_number(draft.section.name) and not draft.peek("mailbox"):
            return "its host is another machine's name"
        return ""

    def add(self, section: Section, general: Sequence[Option]) -> None:
        """One section; `general` are the options of [general] that come before its own."""
        whole = replace(section, options=[*(replace(each, fate="") for each in general), *section.options])
        draft = Draft("extension", whole, self.report)
        if not draft.peek("type"):
            for each in section.options:
                self.report.lose(each, section.name, "the section has no type, so chan_sip does not use it")
            return
        if why := self.trunk(draft):
            for each in section.options:
                self.report.lose(each, section.name, f"of a trunk ({why}): trunks are not taken over")
            self.report.note(f"[{shown(section.name)}] of {section.file} is a trunk ({why}), no telephone")
            return
        self.line(draft)
        for option in whole.options:
            if not option.fate:
                self.forget(option, section.name)
        self.drafts.append(draft)

    def line(self, draft: Draft) -> None:
        who = caller(draft)
        box = self.mailbox(draft)
        signs = (box, who.full_name, who.name, draft.peek("mailbox"), is_true(draft.peek("hasvoicemail")), draft.peek("email"),
                 self.members & {draft.section.name.lower(), draft.peek("number")})
        person = any(signs) if self.wish.persons == "auto" else self.wish.persons == "agents"
        draft.kind = "agent" if person else "extension"
        own = self.number(draft, who, box)
        self.named(draft, who, own, box)
        transport(draft)
        kind(draft)
        host(draft)
        nat(draft)
        codecs(draft, self.resources["agent"].by_name["codecs"].each.choices)
        groups(draft)
        expiry(draft)
        self.context(draft)
        video_and_capacity(draft)
        if box:
            self.give(draft, box, own)
        elif person:
            self.without(draft)
        self.key(draft, own)
        self.password(draft)
        if told := draft.last("description"):
            draft.say("description", told.value, told)

    def number(self, draft: Draft, who: Caller, box: Optional[Box]) -> str:
        """The number that reaches the line, if the section says it in any way."""
        told = draft.last("number")
        if told:
            draft.say("number", told.value, told)
            return told.value
        mailbox = draft.peek("mailbox").split(",")[0].partition("@")[0].strip()
        found = next((each for each in (draft.section.name, box.number if box else "", mailbox, who.number) if is_number(each)), "")
        if found:
            draft.say("number", found)
        else:
            self.report.note(f"[{shown(draft.section.name)}] of {draft.section.file} has no number: it gets the lowest free one")
        return found

    def named(self, draft: Draft, who: Caller, own: str, box: Optional[Box]) -> None:
        """Name and caller id. A caller id that is name and number of the line need not be said."""
        field_name = "full_name" if draft.kind == "agent" else "display_name"
        for each in draft.all("callerid", "fullname", "cid_number"):
            each.fate = f"{draft.kind}.{field_name}"
        whole = who.full_name or who.name or (box.name if box else "")
        if whole:
            draft.say(field_name, whole, who.named)
        elif draft.kind == "agent":
            draft.say(field_name, draft.section.name)
            self.report.note(f"[{shown(draft.section.name)}] of {draft.section.file} has no name of a person: its own is taken for one")
        if who.name and who.name != whole or who.number and who.number != own:
            name, number = who.name or whole, who.number or own
            draft.say("caller_id", f"{name} <{number}>" if name and number else name or number, who.told)

    def mailbox(self, draft: Draft) -> Optional[Box]:
        """The mailbox of a line: the one it names, or the one of its number."""
        name = draft.peek("mailbox").split(",")[0].strip() or draft.section.name
        flag = draft.last("hasvoicemail")
        if flag and flag.file in self.whole_mailboxes and is_true(flag.value) and not self.boxes.of(name):
            secret = draft.last("vmsecret") or next(iter(draft.all("secret")), None)
            number, _at, context = name.partition("@")
            self.boxes.put(Box(number, context or "default", secret or flag, secret.value if secret else "", draft.peek("fullname"), draft.peek("email")))
        box = self.boxes.of(name)
        return None if box and box.owner else box

    def give(self, draft: Draft, box: Box, own: str) -> None:
        """A mailbox to its owner."""
        named, flag = draft.last("mailbox"), draft.last("hasvoicemail")
        for option in (flag, draft.last("vmsecret")):
            if option:
                option.fate = "agent.voicemail"
        if draft.kind == "extension":
            for option in (named, flag, box.option):
                if option and option.name.lower() != "secret":
                    draft.lose(option, "a telephone without a person has no mailbox")
            return
        box.owner = draft.section.name
        draft.say("voicemail", True, named)
        self.more_boxes(draft, named)
        if box.option.name.lower() != "secret":
            box.option.fate = "agent.voicemail"
        pin = box.pin
        if pin.startswith("-"):
            pin = pin[1:]
            draft.change(box.option, "a PIN with - before it could not be changed by telephone: it can be here")
        if pin:
            draft.fields["voicemail_pin"] = pin
            draft.origin["voicemail_pin"] = replace(box.option, name=f"{box.number} (PIN)" if box.option.name == box.number else box.option.name)
        else:
            draft.change(box.option, "the mailbox had no PIN, so it gets a new one")
        mail = draft.last("email")
        if mail:
            draft.say("email", mail.value, mail)
        elif box.mail:
            draft.fields["email"] = box.mail
            draft.origin["email"] = replace(box.option, name=f"{box.number} (mail)")
        rest = [*box.rest, *((what, f"the mailbox has the agent's {what}") for what, value, agents in (
            ("mail", box.mail, "email"), ("name", box.name, "full_name")) if value and value != draft.fields[agents])]
        for word, why in rest:
            draft.lose_part(replace(box.option, name=f"{shown(box.number)} ({shown(word)})"), why)
        if own and box.number != own:
            draft.change(box.option, f"mailbox {shown(box.number)} becomes {own}, the agent's number: greetings and messages stay behind")
        elif box.context != "default":
            draft.change(box.option, "every mailbox is in context default: greetings and messages of another one stay behind")

    def without(self, draft: Draft) -> None:
        """A person whose mailbox is nowhere to be found, or who has none."""
        named, flag, mail = draft.last("mailbox"), draft.last("hasvoicemail"), draft.last("email")
        if mail:
            draft.say("email", mail.value, mail)
        if flag and not is_true(flag.value):
            if is_false(flag.value):
                draft.in_effect(flag)
            else:
                draft.lose(flag, "is neither yes nor no")
            flag = None
        elif flag and named:
            draft.in_effect(flag)
        told = named or flag
        if told:
            box = self.boxes.of(told.value.split(",")[0].strip() if named else draft.section.name)
            if box:
                draft.lose(told, f"the mailbox is [{shown(box.owner)}]'s already; a mailbox has one owner")
            elif self.boxes.known:
                draft.lose(told, "voicemail.conf has no such mailbox")
            else:
                draft.say("voicemail", True, told)
                draft.change(told, "without voicemail.conf among the sources the mailbox gets a new PIN")
                self.more_boxes(draft, named)

    def more_boxes(self, draft: Draft, named: Optional[Option]) -> None:
        if named and "," in named.value:
            draft.lose_part(named, "only the first mailbox is taken: a lamp shows one")

    def key(self, draft: Draft, own: str) -> None:
        """The name of the line's device, which the telephone signs in with."""
        resource, section = self.resources[draft.kind], draft.section.name
        agent = draft.kind == "agent"
        named = slug(str(draft.fields.get("full_name" if agent else "display_name") or ""), "." if agent else "-")
        plain = f"{'agent' if agent else 'phone'}-{slug(own or section, '-')[:20] or 'x'}"
        for name in itertools.chain((section, section.lower(), named, plain), (f"{plain}-{count}" for count in itertools.count(2))):
            if name not in self.keys and (name == section or name not in self.sections) and not resource.check({resource.key: name})[1]:
                break
        self.keys.add(name)
        draft.fields = {resource.key: name, **draft.fields}

    def password(self, draft: Draft) -> None:
        """The secret, and what the telephone has to be told."""
        resource = self.resources[draft.kind]
        name = draft.fields[resource.key]
        secret, digest = draft.last("secret"), draft.last("md5secret")
        fixed = is_address(str(draft.fields.get("host", "")))
        state = "as before"
        if fixed:
            state = "none: it is known by its address"
            for each in (secret, digest):
                if each:
                    draft.lose(each, "a line with a fixed address is known by it, and has no password")
        elif digest:
            if secret:
                draft.lose(secret, "chan_sip does not use it beside md5secret")
            if name != draft.section.name:
                draft.lose(digest, f"it holds the old sign-in name, and the new one is {name}: a new password is made")
            else:
                draft.say("sip_password", {"md5": digest.value.lower(), "realm": self.realm}, digest)
                self.report.note(f"md5secret is good only with realm {shown(self.realm)}: the first run that writes must name it (realm, asterisk_realm)")
        elif secret:
            draft.say("sip_password", secret.value, secret)
        if not fixed and "sip_password" in draft.fields:
            wrongs = [each for each in resource.check({resource.key: name, "sip_password": draft.fields["sip_password"]})[1] if each.field == "sip_password"]
            for wrong in wrongs:
                draft.refuse("sip_password", wrong.rule)
                draft.fields.pop("sip_password")
        if not fixed and "sip_password" not in draft.fields:
            state = "new: it is made when the line is, and written to credentials_file"
        if name != draft.section.name or state.startswith("new"):
            self.report.sign_ins.append(SignIn(shown(draft.section.name), name, str(draft.fields.get("number", "the lowest free one")), state))

    def context(self, draft: Draft) -> None:
        option = draft.last("context")
        if not option:
            return
        if option.value == "from-sip":
            draft.in_effect(option)
        elif any(fnmatchcase(option.value, each) for each in self.wish.contexts):
            draft.say("context", option.value, option)
        else:
            draft.lose(option, "the old dialplan is not taken over: the line's calls enter from-sip (import_contexts names contexts that the host has)")


@dataclass
class Caller:
    full_name: str = ""                 # of the person
    name: str = ""                      # of the caller id
    number: str = ""
    named: Optional[Option] = None      # what the name comes from
    told: Optional[Option] = None       # what the caller id comes from


def is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def shrunk(number: str) -> str:
    """Without what people put between digits."""
    return re.sub(r"[ ().-]", "", number)


def split(text: str) -> tuple[str, str]:
    """Name and number of a caller id, as main/callerid.c takes it apart."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    text = text[1:-1] if quoted else text
    if "<" in text:
        name, _bracket, number = text.rpartition("<")
        return name.strip().strip('"').replace("\\", "").strip(), number.partition(">")[0].strip()
    if not quoted and re.fullmatch(r"[0-9*#+]+", shrunk(text)):
        return "", text
    return text.replace("\\", "").strip(), ""


def caller(draft: Draft) -> Caller:
    """What a line shows to those it calls. A name that is a number or a filler is none."""
    who = Caller()
    for option in draft.section.options:
        what = option.name.lower()
        if what == "fullname" and is_name(option.value):
            who.full_name, who.named = option.value, option
        elif what in ("callerid", "cid_number") and option.value:
            name, number = split(option.value) if what == "callerid" else ("", option.value)
            who.number = shrunk(number) or who.number
            who.told = option
            if is_name(name):
                who.name, who.named = name, option if not who.full_name else who.named
    return who


def is_name(text: str) -> bool:
    return not re.fullmatch(r"[0-9*#+ ]*", text) and text.lower() not in ("device", "unknown", "asterisk")


def transport(draft: Draft) -> None:
    """One of its transports: TLS where audio is to be encrypted, else the first."""
    option, encryption = draft.last("transport"), draft.last("encryption")
    encrypted = encryption is not None and is_true(encryption.value)
    listed = [each.strip().lower() for each in option.value.split(",") if each.strip()] if option else []
    listed = [re.sub(r"^.*-(udp|tcp|tls|ws|wss)$", r"\1", each) for each in listed]         # FreePBX: 0.0.0.0-udp
    chosen = "tls" if encrypted and "tls" in listed else listed[0] if listed else ""
    if option and not chosen:
        draft.lose(option, "names no transport")
    elif option:
        draft.say("transport", chosen, option)
        if len(listed) > 1:
            draft.change(option, f"a line has one transport, {shown(chosen)} of those that it had")
        if chosen in WEB and draft.kind == "agent":
            draft.say("typology", "webrtc")
        if chosen == "tls" and not encrypted:
            draft.change(option, "over TLS the audio is encrypted too (SRTP)")
    if draft.kind == "agent":
        draft.fields.setdefault("typology", "external")
    if encryption:
        if encrypted and chosen not in ("tls", *WEB):
            draft.lose(encryption, "audio is encrypted over TLS only: give the line transport tls")
        else:
            draft.in_effect(encryption)


def kind(draft: Draft) -> None:
    """friend is user and peer in one, and so are the two of them together."""
    told = draft.all("type")
    said = {each.value.lower() for each in told}
    both = "friend" in said or said >= {"user", "peer"}
    for each in told[:-1]:
        each.fate = "overridden"
    if not said <= {"friend", "user", "peer"}:
        draft.lose(told[-1], "is none of friend, user, peer")
    elif both:
        told[-1].fate = f"{draft.kind}.type"
    else:
        draft.say("type", told[-1].value.lower(), told[-1])


def host(draft: Draft) -> None:
    option, port = draft.last("host"), draft.last("port")
    rules = draft.all("permit", "deny")
    if option and option.value.lower() != "dynamic":
        if is_address(option.value):
            draft.say("host", option.value.strip("[]"), option)
            for each in draft.all("qualify"):
                draft.lose(each, "a line with a fixed address is not asked whether it is there")
        else:
            draft.lose(option, "only an address says who calls, and a name is none: the line registers instead")
    elif option:
        draft.in_effect(option)
    if port and not ("host" in draft.fields and port.value != "5060"):
        draft.in_effect(port)
    elif port:
        draft.lose(port, "a fixed address is reached at its transport's usual port")
    network(draft, rules)


def network(draft: Draft, rules: list[Option]) -> None:
    """permit and deny, the last that fits deciding: where they leave one network they are a host."""
    for each in rules:
        each.fate = "" if each.value else "empty"
    rules = [each for each in rules if each.value]
    try:
        steps = [(each.name.lower() == "permit", ip_network(one.strip(), strict=False)) for each in rules for one in each.value.split(",")]
    except ValueError:
        steps = [(False, ip_network("::"))]
    while steps and steps[0][0]:        # admits whom nobody has refused yet
        steps.pop(0)
    first, rest = steps[:1], steps[1:]
    if not steps or rest and rest[-1][0] and rest[-1][1].prefixlen == 0:
        for each in rules:
            draft.in_effect(each)
    elif first[0][1].prefixlen == 0 and len(rest) == 1 and rest[0][0] and rest[0][1].num_addresses > 1 and "host" not in draft.fields:
        for each in rules:
            draft.say("host", str(rest[0][1]), each)
    else:
        for each in rules:
            draft.lose(each, "only one network can be said, as the field host: everything refused, then that one admitted")


def nat(draft: Draft) -> None:
    option = draft.last("nat")
    if not option:
        return
    words = [each.strip().lower() for each in option.value.split(",") if each.strip()]
    if words in (["never"], ["route"]):
        draft.say("nat", words[0], option)
    elif not words or not all(each in NAT or is_false(each) for each in words):
        draft.lose(option, "is no NAT setting of chan_sip")
    else:
        whole = next((each for each in words if each == "yes" or is_false(each)), "")       # yes and no outweigh the others
        signalling, media = (whole == "yes" or not whole and bool({each, f"auto_{each}"} & set(words)) for each in ("force_rport", "comedia"))
        draft.say("nat", {(True, True): "yes", (True, False): "force_rport", (False, True): "comedia", (False, False): "no"}[signalling, media], option)
        if not whole and any(each.startswith("auto_") for each in words):
            draft.change(option, "what auto_ did where it saw NAT is always done")


def codecs(draft: Draft, known: Sequence[str]) -> None:
    steps = draft.all("allow", "disallow")
    if not any(each.value for each in steps):
        for each in steps:
            each.fate = "empty"
        return
    now, named = list(DEFAULT_CODECS), {}
    for step in steps:
        step.fate = f"{draft.kind}.codecs"
        for word in step.value.lower().replace("|", ",").replace("&", ",").split(","):
            name, _colon, frames = word.strip().partition(":")
            adds = (step.name.lower() == "allow") != name.startswith("!")
            name = SAME_CODEC.get(name.lstrip("!"), name.lstrip("!"))
            if frames and adds:
                draft.lose_part(step, "how much a packet holds is the codec's own")
            if name == "all":
                now = [*now, *(each for each in known if each not in now)] if adds else []
            elif name and adds:
                named[name] = step
                now += [name] if name not in now else []
            else:
                now = [each for each in now if each != name]
    for name in now:
        if name in named and name not in known and not (name in VIDEO_HERE or name in VIDEO and not is_true(draft.peek("videosupport"))):
            draft.lose_part(named[name], f"{shown(name)} is none of the codecs here")
    taken = [each for each in now if each in known]
    if taken:
        draft.say("codecs", taken, next(each for each in reversed(steps) if each.value))
    else:
        draft.lose_part(steps[-1], "no codec of the line is known here, so it gets the usual ones")


def groups(draft: Draft) -> None:
    for name, numbered, named in (("call_groups", "callgroup", "namedcallgroup"), ("pickup_groups", "pickupgroup", "namedpickupgroup")):
        found: list[str] = []
        for option in (draft.last(numbered), draft.last(named)):
            if option is None:
                continue
            before = len(found)
            for word in (each.strip() for each in option.value.split(",")):
                span = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", word) if option.name.lower() == numbered else None
                wanted = [str(each) for each in range(int(span[1]), int(span[2]) + 1)] if span else [word]
                fit = [each for each in wanted if re.fullmatch(r"[0-9]{1,2}" if option.name.lower() == numbered else r"[A-Za-z0-9_-]{1,40}", each)]
                found += [each for each in fit if each not in found]
                if len(fit) < len(wanted) or not wanted:
                    draft.lose_part(option, "a group is a number, or a name of letters, digits, '_' and '-'")
            if len(found) > before:
                draft.say(name, found, option)
            else:
                option.fate = "in effect"


def expiry(draft: Draft) -> None:
    option = draft.last("defaultexpiry", "defaultexpirey", "regexpires", "regexpire")
    if option:
        draft.say("sip_expires", option.value, option)
        draft.change(option, "a registration lives so long whatever the telephone asks for")


def video_and_capacity(draft: Draft) -> None:
    video, limit = draft.last("videosupport"), draft.last("call-limit", "concurrency_limit")
    if video and (is_true(video.value) or video.value.lower() == "always"):
        if draft.kind == "agent":
            draft.say("video", True, video)
        else:
            draft.lose(video, "only agents have video")
    elif video:
        draft.in_effect(video)
    if limit and limit.value == "0":
        draft.lose(limit, "there is always a limit: channels.voice.capacity, 1 unless it is said")
    elif limit and draft.kind == "extension":
        draft.lose(limit, "only agents have a capacity")
    elif limit and re.fullmatch("[0-9]{1,9}", limit.value) and int(limit.value) <= MOST_CALLS:
        draft.say("channels.voice.capacity", int(limit.value), limit)
        if int(limit.value) > 1:
            draft.say("phone.ring_in_use", True)
    elif limit:
        draft.lose(limit, f"a capacity is a whole number up to {MOST_CALLS}")
