# SPDX-License-Identifier: GPL-3.0-or-later
"""Real SIP phones for tests: several baresips, sipp and a mail sink in one container. README.md shows how to use it."""

import base64
import email
import email.policy
import itertools
import json
import os
import pathlib
import re
import secrets
import select
import subprocess
import threading
import time
from dataclasses import replace
from urllib.parse import quote

from . import sip
from .sound import Sound

IMAGE = "localhost/switchboard-phone"
HERE = pathlib.Path(__file__).parent

# Asterisk's name of a codec: baresip's module and name
CODECS = {
    "ulaw": ("g711.so", "pcmu"),
    "alaw": ("g711.so", "pcma"),
    "g722": ("g722.so", "g722/16000/1"),
    "gsm": ("gsm.so", "gsm"),
    "opus": ("opus.so", "opus/48000/2"),
}

CONFIG = """\
poll_method epoll
sip_listen 0.0.0.0:{sip_port}
sip_verify_server no
call_max_calls {calls}
audio_player aubridge,nil
audio_alert aubridge,nil
audio_source ausine,{tone}
ausrc_srate 48000
rtp_ports {rtp_first}-{rtp_last}
ringback_disabled yes
statmode_default off
jitter_buffer_type off
sip_autoanswer_beep no
snd_path {home}
ctrl_tcp_listen 127.0.0.1:{control_port}
module_path /usr/lib/baresip/modules
{modules}
module ausine.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
{video}
{relay}
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""

# VP8 of a picture that it makes up. A whole one comes first, and is lost when the other side is not connected yet; baresip then asks for
# another one by RTCP FIR (RFC 2032), which Asterisk does not take without a report before it. So they have to come by themselves: each 128th is whole.
VIDEO = """\
module vp8.so
module fakevideo.so
video_source fakevideo,nil
video_display fakevideo,nil
video_size 160x120
video_fps 25
video_bitrate 100000
"""


class PhoneError(AssertionError):
    """What was expected did not happen. The message ends in the phone's own log."""


def until(check, timeout, complain):
    """The first true value of check(); complain() makes the error when the time is over."""
    end = time.monotonic() + timeout
    while not (value := check()):
        if time.monotonic() > end:
            raise complain()
        time.sleep(0.03)
    return value


class Phones:
    """One container with phones in it; all share its address. Use two for phones that must come from two addresses."""

    def __init__(self, network="switchboard", name="", image=IMAGE, options=(), gateway=""):
        self.name = name or f"phones-{secrets.token_hex(3)}"
        self.network, self.image, self.options, self.gateway = network, image, options, gateway
        self.numbers, self.lock, self.process = itertools.count(), threading.Lock(), None

    def __enter__(self):
        command = ["podman", "run", "--rm", "-i", "--name", self.name, "--network", self.network, "--cap-add", "NET_ADMIN,NET_RAW"]
        command += [*self.options, "-v", f"{HERE}:/phones:ro", self.image, "python3", "/phones/inside.py"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            self._answer(60)
            # With several networks the one towards the PBX is the first
            self.address = self.run("hostname", "-I").split()[0]
            if self.gateway:
                self.run("ip", "route", "replace", "default", "via", self.gateway)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """Ends the container by closing its input, and by force when that is not enough."""
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            subprocess.run(["podman", "rm", "--force", "--time", "0", self.name], capture_output=True, check=False)
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def _answer(self, timeout):
        if not select.select([self.process.stdout], [], [], timeout)[0] or not (line := self.process.stdout.readline()):
            self.process.poll() is None and self.process.kill()
            raise PhoneError(f"the phones' container {self.name} said nothing: {self.process.stderr.read().strip()}")
        answer = json.loads(line)
        if "error" in answer:
            raise PhoneError(answer["error"])
        return answer["result"]

    def inside(self, order, **arguments):
        """One command of inside.py; it has its own time limit when it waits."""
        with self.lock:
            self.process.stdin.write(json.dumps({"do": order, **arguments}) + "\n")
            self.process.stdin.flush()
            return self._answer(arguments.get("timeout", 0) + 30)

    def write(self, path, data):
        self.inside("write", path=path, data=base64.b64encode(data.encode() if isinstance(data, str) else data).decode())

    def read(self, path, offset=0):
        return base64.b64decode(self.inside("read", path=path, offset=offset))

    def run(self, *argv, timeout=60):
        """Runs a program in the container; its output, or PhoneError when it fails."""
        code, output = self.inside("run", argv=argv, timeout=timeout)
        if code:
            raise PhoneError(f"{' '.join(argv)} ended with {code}:\n{output[-4000:]}")
        return output

    def baresip(self, user, pbx, password="", **options):
        return Phone(self, next(self.numbers), user, pbx, password, **options)

    def sipp(self, scenario, pbx, *options, timeout=60):
        """Runs a sipp scenario (its XML text) once, as `-s`, `-au`, `-key` and so on say."""
        path = f"/run/phones/sipp-{secrets.token_hex(3)}.xml"
        self.write(path, scenario)
        once = ["-sf", path, "-m", "1", "-i", self.address, "-nostdin", "-timeout", str(timeout), "-trace_err"]
        return self.run("sipp", pbx, *once, *options, timeout=timeout + 5)

    def request(self, method, pbx, uri="", user="stranger", password=None, transport="udp", port=0, timeout=10, **parts):
        """Sends one request, answers a challenge when there is a password, and gives the final response.

        parts: to, sender (the From), headers (a tuple of lines), body, rport=False, domain. The status is `.status`. A call that is answered is ended at once.
        """
        key = secrets.token_hex(4)
        local = self.inside("wire", key=key, transport=transport, host=pbx, port=port or (5061 if transport == "tls" else 5060))
        parts.setdefault("domain", pbx)
        uri = uri if uri.startswith("sip") else f"sip:{uri}@{pbx}" if uri else f"sip:{pbx}"
        request = sip.Request(method, uri, local, user, transport=transport.upper(), **parts)
        try:
            response = self._exchange(key, request, timeout)
            if response.status in (401, 407) and password is not None:
                response = self._exchange(key, request, timeout, request.authorization(response, password))
            if method == "INVITE" and response.status < 300:
                request.method = "BYE"
                self._exchange(key, request, timeout, to_tag=re.search(r"tag=([^;]+)", response["To"])[1])
            return response
        finally:
            self.inside("cut", key=key)

    def _exchange(self, key, request, timeout, authorization="", to_tag=""):
        text = request.text(authorization=authorization, to_tag=to_tag)
        branch = re.search(r"branch=\S+?(?=;|\r)", text)[0]
        end = time.monotonic() + timeout
        self.inside("transmit", key=key, text=text)
        while (left := end - time.monotonic()) > 0:
            answer = sip.Message.parse(self.inside("receive", key=key, timeout=left))
            if answer.status and answer.status >= 200 and branch in answer["Via"]:
                if request.method == "INVITE":
                    # The ACK of a refusal belongs to the INVITE's transaction: same branch
                    ack = request.text("ACK", re.search(r"tag=([^;]+)", answer["To"])[1])
                    self.inside("transmit", key=key, text=re.sub(r"branch=\S+?(?=;|\r)", branch, ack, count=1) if answer.status >= 300 else ack)
                return answer
        raise PhoneError(f"no final answer to {request.method} within {timeout} s")

    def within(self, method, dialog, pbx, user, password, headers=(), timeout=10):
        """The final response to a request in a call that a phone has, sent in the phone's place."""
        key = secrets.token_hex(4)
        local = self.inside("wire", key=key, transport="udp", host=pbx, port=5060)
        request = sip.Request(method, dialog.target, local, user, pbx, headers=tuple(headers), to_tag=dialog.other_tag)
        request.call, request.tag, request.cseq = dialog.call, dialog.own_tag, dialog.cseq
        try:
            response = self._exchange(key, request, timeout)
            return self._exchange(key, request, timeout, request.authorization(response, password)) if response.status == 401 else response
        finally:
            self.inside("cut", key=key)

    def smtp(self, port=25):
        return Mailbox(self, port)

    def listen(self, recording, suffix=".wav"):
        """The Sound in a recording's bytes, of whatever format sox can read: wav, WAV (wav49), gsm."""
        path = f"/run/phones/recording-{secrets.token_hex(3)}"
        self.write(path + suffix, recording)
        self.run("sox", path + suffix, "-b", "16", "-e", "signed-integer", "-c", "1", "-r", "8000", path + ".heard.wav")
        return Sound.of_wave(self.read(path + ".heard.wav"))


class Device:
    """What a telephone and a browser have in common: SIP messages (`sip`), and a log to complain with (`complaint`)."""

    def last(self, method="", status=None, sent=None):
        """The newest message like that, or None: last("INVITE", sent=False), last("REGISTER", 200)."""
        for message in reversed(self.sip):
            if method in ("", message.method) and status == message.status and sent in (None, message.sent):
                return message
        return None

    def wait(self, check, timeout, what):
        return until(check, timeout, lambda: self.complaint(f"not {what} within {timeout} s"))

    @property
    def caller(self):
        """(name, number) that the newest call to it shows."""
        return self.last("INVITE", sent=False).caller

    @property
    def lamp(self):
        """New voicemail messages as last told (0: lamp off); None when it was told nothing.

        baresip does not subscribe: its mwi module (1.1.0) can loop for ever. So it is what the PBX tells by itself.
        """
        for message in reversed(self.sip):
            if message.method == "NOTIFY" and (waiting := re.search(r"Messages-Waiting:\s*(\w+)", message.body)):
                new = re.search(r"Voice-Message:\s*(\d+)/", message.body)
                return (int(new[1]) if new else 1) if waiting[1] == "yes" else 0
        return None

    def lit(self, messages=1, timeout=10):
        """Waits until the lamp shows that many new messages."""
        self.wait(lambda: self.lamp == messages, timeout, f"told of {messages} new messages")
        return self


class Phone(Device):
    """One baresip with one account. Each method that waits has a time limit and fails with the phone's log."""

    def __init__(
        self,
        phones,
        number,
        user,
        pbx,
        password,
        *,
        transport="udp",
        codecs=("ulaw", "alaw"),
        expires=60,
        answer="manual",
        tone=0,
        name="",
        srtp=False,
        calls=4,
        video=False,
        domain="",
        auth_user="",
        relay=(),
        options="",
    ):
        self.phones, self.user, self.pbx, self.domain, self.password, self.extra = phones, user, pbx, domain or pbx, password, 0
        self.id, self.tone = f"{user}-{number}", tone or 440 + 110 * (number % 12)
        self.home, self.cursor, self.dialled, self._log = f"/run/phones/{self.id}", 0, False, b""
        modules, names = zip(*(CODECS[x] for x in codecs))
        config = CONFIG.format(
            sip_port=5060 + 2 * number,  # TLS listens on the next one
            control_port=4440 + number,
            rtp_first=20000 + 100 * number,
            rtp_last=20098 + 100 * number,
            calls=calls,
            tone=self.tone,
            home=self.home,
            modules="\n".join(f"module {x}" for x in dict.fromkeys(modules)),
            video=VIDEO if video else "",
            relay="module turn.so" if relay else "",
        )
        account = f'"{name}" ' if name else ""
        account += f"<sip:{user}@{self.domain};transport={transport}>;auth_user={auth_user or user};auth_pass={password}"
        account += f";regint={expires};audio_codecs={','.join(names)}"
        account += f";answermode={'auto' if answer == 'auto' else 'manual'}" + (";mediaenc=srtp-mand" if srtp else "")
        account += ";medianat=turn;stunserver={};stunuser={};stunpass={}".format(*relay) if relay else ""
        account += (f';outbound="sip:{pbx};transport={transport}"' if domain else "") + options
        phones.write(f"{self.home}/config", config)
        phones.write(f"{self.home}/accounts", account + "\n")
        # A busy phone refuses each call by itself: baresip's hang-up of a ringing call is a 486
        react = {"CALL_INCOMING": [["hangup", ""]]} if answer == "busy" else {}
        phones.inside("start", name=self.id, argv=["stdbuf", "-oL", "baresip", "-s", "-f", self.home], control=4440 + number, react=react)

    def __repr__(self):
        return f"<phone {self.user} of {self.pbx}>"

    # What it did and saw

    @property
    def log(self):
        self._log += self.phones.read(f"/run/phones/{self.id}.log", len(self._log))
        return self._log.decode("utf-8", "replace")

    @property
    def sip(self):
        """Every message so far, oldest first."""
        return sip.traced(self.log, self.phones.address)

    def complaint(self, what):
        code = self.phones.inside("ended", name=self.id)
        gone = f" (baresip has ended with {code})" if code is not None else ""
        return PhoneError(f"phone {self.user}: {what}{gone}. Its log:\n" + re.sub(r"\x1b\[[\d;]*m", "", self.log)[-6000:])

    def command(self, command, params=""):
        """One of baresip's own commands (`help` lists them)."""
        answer = self.phones.inside("control", name=self.id, command=command, params=params)
        if not answer["ok"]:
            raise self.complaint(f"{command} {params} refused: {answer['data'].strip()}")
        return answer["data"]

    def _events(self):
        return self.phones.inside("events", name=self.id, since=0)

    def _event(self, kind, timeout, what):
        """Waits for the next event of that kind, and takes it: the next wait looks behind it."""

        def check():
            for index, event in enumerate(self._events()[self.cursor :], self.cursor):
                if event["type"] == kind:
                    self.cursor = index + 1
                    return event
                if event["type"] == "CALL_CLOSED" and self.dialled:
                    raise self.complaint(f"not {what}: the call ended with {event['param']!r}")
            return None

        return self.wait(check, timeout, what)

    # Registration

    def _registration(self):
        """Final status of the newest REGISTER; None while it is not decided (a first 401 only asks for the password)."""
        asked = {}
        status = None
        for message in self.sip:
            if message.method == "REGISTER":
                if message.status is None:
                    asked[message["CSeq"]] = bool(message["Authorization"])
                    status = None
                elif message.status != 401 or (asked.get(message["CSeq"]) and "stale=true" not in message["WWW-Authenticate"]):
                    status = message.status
        return status

    def registered(self, timeout=10):
        status = self.wait(self._registration, timeout, "registered")
        if status != 200:
            raise self.complaint(f"not registered: {status}")
        return self

    def refused(self, timeout=10):
        """The status with which its registration was refused."""
        status = self.wait(self._registration, timeout, "refused")
        if status < 300:
            raise self.complaint("registered, though it should be refused")
        return status

    @property
    def expires(self):
        """Seconds that the PBX granted."""
        return self.last("REGISTER", 200).expires

    def quit(self):
        """Hangs up, unregisters and ends, as a phone does that is switched off. A request that nobody answers holds baresip up for 32 s (RFC 3261,
        timer F): Asterisk is silent when it ends the subscription of a transfer that has ended itself."""
        self.command("quit")
        self.wait(lambda: self.phones.inside("ended", name=self.id) is not None, 40, "ended")

    def die(self):
        """Ends without a word to the PBX, as a phone does whose cable is pulled."""
        self.phones.inside("kill", name=self.id)

    # Calls

    def dial(self, number):
        self.cursor, self.dialled = len(self._events()), True
        self.command("dial", number if "@" in number else f"sip:{number}@{self.domain}")
        return self

    def ringing(self, timeout=10):
        """Somebody calls this phone."""
        self.dialled = False
        self._event("CALL_INCOMING", timeout, "ringing")
        return self

    def ringback(self, timeout=10):
        """The other side rings (180)."""
        self._event("CALL_RINGING", timeout, "hearing ringback")
        return self

    def answer(self):
        self.command("accept")
        return self

    def established(self, timeout=10):
        self._event("CALL_ESTABLISHED", timeout, "in a call")
        return self

    def hangup(self):
        """Ends the call, refuses it (486) when it only rings here, gives it up when it rings there."""
        self.command("hangup")
        return self

    def ended(self, timeout=10):
        """The reason with which its call ended: "486 Busy here", or of a call that was up "Connection reset by peer"."""
        self.dialled = False
        return self._event("CALL_CLOSED", timeout, "out of the call")["param"]

    def _renegotiate(self, command):
        def agreed():
            return sum(x.status == 200 and not x.sent for x in self.sip if x.method == "INVITE")

        before = agreed()
        # baresip says "Invalid argument" to a resume that it carries out: the PBX's answer is what counts
        self.phones.inside("control", name=self.id, command=command)
        self.wait(lambda: agreed() > before, 10, f"agreed with the PBX on {command}")

    def hold(self):
        self._renegotiate("hold")

    def resume(self):
        self._renegotiate("resume")

    def transfer(self, number):
        """Blind transfer."""
        self.command("transfer", f"sip:{number}@{self.domain}")

    def within(self, method, *headers, call=-1):
        """The final response to a request in one of its calls (the newest) that baresip cannot send. It counts on by itself: let the other side hang up."""
        dialog = sip.Dialog.all(self.sip)[call]
        self.extra += 10
        return self.phones.within(method, replace(dialog, cseq=dialog.cseq + self.extra), self.pbx, self.user, self.password, headers)

    def attend(self, number, timeout=10):
        """Attended transfer: calls somebody, and once they talk hands the call over that it had."""
        before = len(sip.Dialog.all(self.sip))
        self.dial(number).established(timeout)
        self.heard(1)
        dialogs = self.wait(lambda: len(found := sip.Dialog.all(self.sip)) > before and found, timeout, "in a second call")
        replaces = quote(f"{dialogs[-1].call};to-tag={dialogs[-1].other_tag};from-tag={dialogs[-1].own_tag}", safe="")
        answer = self.within("REFER", f"Refer-To: <sip:{number}@{self.domain}?Replaces={replaces}>", call=-2)
        assert answer.status == 202, answer

    def dtmf(self, digits):
        """Sends digits as RFC 4733 events, one after another."""
        for digit in digits:
            self.command("sndcode", digit)
            time.sleep(0.25)  # a key is held down for a while: events have a length, and need a gap

    @property
    def digits(self):
        """The digits received so far."""
        return "".join(x["param"] for x in self._events() if x["type"] == "CALL_DTMF_START")

    # What is heard and shown

    def play(self, tone):
        """From now on it speaks this tone (Hz); each phone has one of its own from the start (`phone.tone`)."""
        self.command("ausrc", f"ausine,{tone}")
        self.tone = tone

    def heard(self, seconds=1.0, skip=0.3):
        """The Sound of the next seconds; `skip` passes over what is still in the jitter buffers."""

        def sizes():
            return dict(self.phones.inside("files", pattern=f"{self.home}/*dec.wav"))

        before = sizes()
        # A call just answered has no recording yet; names begin with the time, so the last one is the newest call's
        path = max(sizes()) if before else self.wait(lambda: max(sizes(), default=None), 5, "receiving audio")
        start = before.get(path, 44)
        end = time.monotonic() + seconds + skip + 2
        rate, channels = 8000, 1  # until the header says
        while time.monotonic() < end:
            size = sizes()[path]
            if size >= 44:
                header = base64.b64decode(self.phones.inside("read", path=path, size=44))
                channels, rate = int.from_bytes(header[22:24], "little"), int.from_bytes(header[24:28], "little")
                if size - start >= (seconds + skip) * rate * channels * 2:
                    break
            time.sleep(0.05)
        first = start + int(skip * rate) * channels * 2
        data = base64.b64decode(self.phones.inside("read", path=path, offset=first, size=int(seconds * rate) * channels * 2))
        return Sound(data, rate, channels)

    @property
    def received(self):
        """Bytes of sound that ever reached it: 0 of a phone that was sent nothing, or nothing that arrived."""
        return sum(max(0, size - 44) for _path, size in self.phones.inside("files", pattern=f"{self.home}/*dec.wav"))

    def hears(self, tone, timeout=6):
        """Waits until this tone (Hz, or a phone: that phone's) is the loudest it hears."""
        tone = getattr(tone, "tone", tone)
        last = []

        def check():
            last[:] = [self.heard(0.6, 0)]
            return last[0] if abs(last[0].pitch - tone) < 12 else None

        return until(check, timeout, lambda: self.complaint(f"does not hear {tone} Hz but {last}"))

    def hears_not(self, tone, timeout=6):
        """Waits until this tone is gone, whatever else it hears."""
        tone = getattr(tone, "tone", tone)
        last = []

        def check():
            last[:] = [self.heard(0.6, 0)]
            return not last[0].has(tone)

        return until(check, timeout, lambda: self.complaint(f"still hears {tone} Hz in {last}"))

    @property
    def pictures(self):
        """How many it has shown in the call that is up, of a phone with `video`."""
        shown = re.search(r"vidisp: .*frames=(\d+)", self.command("video_debug"))
        return int(shown[1]) if shown else 0


class Mailbox:
    """A mail server that takes everything, for the mails that a host sends."""

    def __init__(self, phones, port):
        self.phones, self.host, self.port = phones, phones.address, port
        listen = f"0.0.0.0:{port}"
        argv = ["python3", "-m", "aiosmtpd", "-n", "-l", listen, "-c", "aiosmtpd.handlers.Mailbox", f"/run/mail-{port}"]
        phones.inside("start", name=f"smtp-{port}", argv=argv)
        probe = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        until(lambda: phones.inside("run", argv=["python3", "-c", probe])[0] == 0, 10, lambda: PhoneError("the mail sink does not listen"))

    @property
    def mails(self):
        """email.message.EmailMessage each, in the order of arrival."""
        paths = [path for path, _size in self.phones.inside("files", pattern=f"/run/mail-{self.port}/new/*")]
        return [email.message_from_bytes(self.phones.read(path), policy=email.policy.default) for path in sorted(paths)]

    def wait(self, count=1, timeout=20):
        def complaint():
            seen = [(x["To"], x["Subject"]) for x in self.mails]
            return PhoneError(f"not {count} mails within {timeout} s but {seen}\n" + self.phones.read(f"/run/phones/smtp-{self.port}.log").decode())

        return until(lambda: len(mails := self.mails) >= count and mails, timeout, complaint)

    @staticmethod
    def attachments(mail):
        """[(file name, bytes)]"""
        return [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()]

    def recording(self, mail):
        """The Sound of the first attachment."""
        name, data = self.attachments(mail)[0]
        return self.phones.listen(data, os.path.splitext(name)[1])


class Provider:
    """A SIP provider in a container of its own: takes registrations, answers calls (200) or not as it is told, and sends back what it hears."""

    def __init__(self, phones, user="", password=""):
        self.phones, self.host, self.folder, self.rules = phones, phones.address, "/run/phones/provider", {"user": user, "password": password}
        self.answers()
        next(phones.numbers)        # has the port of the first phone
        phones.inside("start", name="provider", argv=["python3", "/phones/provider.py", self.folder])

    def answers(self, **numbers):
        """From now on these numbers are answered so: answers(**{"468123": 486}); 180 rings for ever, 0 is silence. All others are answered."""
        self.phones.write(f"{self.folder}/rules.json", json.dumps({**self.rules, "answers": numbers}))

    @property
    def seen(self):
        """Every request so far, oldest first."""
        try:
            text = self.phones.read(f"{self.folder}/seen.jsonl").decode()
        except PhoneError:
            return []
        return [sip.Message.parse("\n\n".join(json.loads(line))) for line in text.splitlines()]

    def calls(self, since=0):
        """The calls that it was asked for, without those that it only challenged."""
        found = [x for x in self.seen[since:] if x.method == "INVITE" and (not self.rules["user"] or x["Proxy-Authorization"])]
        return list({x["Call-ID"]: x for x in found}.values())
