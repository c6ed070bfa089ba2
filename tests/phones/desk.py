# SPDX-License-Identifier: GPL-3.0-or-later
"""People at the desk: a Chromium each, which is used as a person uses it. What is pressed and filled in is found by its role and the name that a
screen reader says, and pressed with a mouse or a keyboard; the microphone speaks a tone from a file."""

import array
import base64
import io
import math
import re
import time
import wave

from . import PhoneError
from .browser import Listener, Trusting

RATE = 48000

# Looks into what is played: the loudest tone of the last third of a second, how loud it is, and how many packets came in meanwhile.
HEARD = """(async () => {
  const counted = phonebar.heard(MS);
  const element = [...document.querySelectorAll('audio')].find((each) => each.srcObject && each.srcObject.getAudioTracks().length);
  if (!element) return { packets: 0, level: 0, pitch: 0 };
  const context = new AudioContext({ sampleRate: 48000 });
  const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(element.srcObject).connect(analyser);
  let level = 0, loudest = -200, pitch = 0;
  const until = performance.now() + MS;
  const wave = new Float32Array(analyser.fftSize), power = new Float32Array(analyser.frequencyBinCount);
  while (performance.now() < until) {
    await new Promise((on) => setTimeout(on, 100));
    analyser.getFloatTimeDomainData(wave);
    analyser.getFloatFrequencyData(power);
    level = Math.max(level, ...wave.map(Math.abs));
    power.forEach((each, index) => { if (each > loudest) { loudest = each; pitch = index * 48000 / analyser.fftSize; } });
  }
  context.close();
  return { packets: (await counted).packets, level, pitch: Math.round(pitch) };
})()"""


# Counts the tones that the page makes, for nobody hears what a browser without a loudspeaker plays
COUNTED = """window.tones = 0;
const start = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };"""


def spoken(tone, seconds=2):
    """A WAV file that says one tone again and again, as a voice comes and goes: a steady one would be taken for noise."""
    samples = array.array("h", (round(20000 * math.sin(2 * math.pi * tone * at / RATE)) if at / RATE % 0.5 < 0.4 else 0 for at in range(seconds * RATE)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


class Desks(Trusting):
    """One container, in which each person has a browser."""

    def desk(self, host, **options):
        return Desk(self, next(self.numbers), host, **options)


class Desk(Listener):
    """One browser of one person. `tone` in Hz is what it says."""

    def __init__(self, desks, number, host, *, tone=0, dark=False, width=1280, height=800, flags=()):
        self.desks, self.host, self.tone, self.id = desks, host, tone or 500 + 110 * (number % 12), f"desk-{number}"
        path = f"/run/phones/tone-{self.tone}.wav"
        desks.write(path, spoken(self.tone))
        desks.inside("browse", name=self.id, flags=[f"--use-file-for-fake-audio-capture={path}", *flags])
        self._page("open", url="about:blank")
        for each in ("Page", "DOM", "Accessibility", "Network", "Log", "Runtime"):
            self.call(f"{each}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=COUNTED)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def __repr__(self):
        return f"<desk {self.id}>"

    def _page(self, act, **arguments):
        return self.desks.inside("page", name=self.id, act=act, page="page", **arguments)

    def call(self, method, **params):
        return self._page("call", method=method, **params)

    def ask(self, script, timeout=20):
        """The value of a script in the page; in the next one, when it is left just then."""
        for again in range(5):
            try:
                return self._page("evaluate", script=script, timeout=timeout)
            except PhoneError as wrong:
                if again == 4 or not re.search("navigated or closed|context was destroyed|Cannot find context", str(wrong)):
                    raise
                time.sleep(0.2)
        raise AssertionError

    def complaint(self, what):
        return PhoneError(f"{self.id}: {what}. It shows:\n{self.text[-3000:]}\nand says {self.state}. Its console: {self.console[-20:]}")

    @property
    def console(self):
        """What went wrong in the page, by the browser's own word, and what the page wrote there."""
        return self._page("complained")

    def quit(self):
        self.desks.inside("stop", name=self.id)

    # Pages

    def shut(self):
        """Closes the page as a person does; there is no other one."""
        self._page("shut")

    def open(self, path="/"):
        """In a container that has just got its network, Chromium gives up at the first change of it (ERR_NETWORK_CHANGED)."""
        for _again in range(5):
            if not self.call("Page.navigate", url=f"https://{self.host}{path}").get("errorText"):
                break
            time.sleep(0.5)
        return self.loaded()

    def loaded(self):
        self.wait(lambda: self.ask("document.readyState") == "complete" and self.ask("location.href") != "about:blank", 15, "loaded")
        return self

    @property
    def path(self):
        return self.ask("location.pathname")

    @property
    def text(self):
        """What is to be read."""
        return self.ask("document.body ? document.body.innerText : ''") or ""

    @property
    def state(self):
        """What the telephone in the page says of itself, or nothing while there is none."""
        return self.ask("typeof phonebar === 'object' ? phonebar.state() : null")

    def shows(self, text, timeout=5):
        self.wait(lambda: text in self.text, timeout, f"showing {text!r}")
        return self

    def shows_not(self, text, timeout=5):
        self.wait(lambda: text not in self.text, timeout, f"rid of {text!r}")
        return self

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    # What is on them, as a screen reader has it

    def found(self, role, name):
        """The nodes of this role and name, by the numbers that the browser's back end has for them."""
        for again in range(5):
            try:
                root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
                nodes = self.call("Accessibility.queryAXTree", nodeId=root, role=role, **({"accessibleName": name} if name else {}))["nodes"]
                break
            except PhoneError as wrong:     # the page was left just then
                if again == 4 or "Could not find node" not in str(wrong):
                    raise
                time.sleep(0.2)
        return [each["backendDOMNodeId"] for each in nodes if not each.get("ignored") and "backendDOMNodeId" in each]

    def has(self, role, name):
        return bool(self.found(role, name))

    def node(self, role, name, timeout=5):
        return self.wait(lambda: self.found(role, name), timeout, f"with a {role} called {name!r}")[0]

    def press(self, name, role="button", timeout=5):
        """With the mouse, in the middle of it, wherever it is."""
        node = self.node(role, name, timeout)
        self.call("DOM.scrollIntoViewIfNeeded", backendNodeId=node)
        quad = self.call("DOM.getContentQuads", backendNodeId=node)["quads"][0]
        place = {"x": sum(quad[0::2]) / 4, "y": sum(quad[1::2]) / 4, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **place)
        return self

    def fill(self, name, text, role="textbox"):
        self.call("DOM.focus", backendNodeId=self.node(role, name))
        self.ask("document.activeElement.select && document.activeElement.select()")
        self.call("Input.insertText", text=text)
        return self

    def choose(self, name, option, role="combobox"):
        """An option of a list, by what is to be read there."""
        node = self.call("DOM.resolveNode", backendNodeId=self.node(role, name))["object"]["objectId"]
        found = self.call("Runtime.callFunctionOn", objectId=node, returnByValue=True, arguments=[{"value": option}], functionDeclaration="""function (option) {
            const chosen = [...this.options].find((each) => each.text === option);
            if (chosen) { this.value = chosen.value; this.dispatchEvent(new Event('change', { bubbles: true })); }
            return Boolean(chosen);
        }""")["result"]["value"]
        if not found:
            raise self.complaint(f"nothing called {option!r} to choose in {name!r}")
        return self

    def key(self, key, text=""):
        """One key: "Tab", "Enter", "Escape", or what it types."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39}
        said = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0])), "text": text or {"Enter": "\r", " ": " "}.get(key, "")}
        if len(key) == 1:
            said["text"] = key
        self.call("Input.dispatchKeyEvent", type="keyDown", **said)
        self.call("Input.dispatchKeyEvent", type="keyUp", **{**said, "text": ""})
        return self

    def focused(self):
        """(role, name) of what has the focus."""
        node = self.call("Runtime.evaluate", expression="document.activeElement")["result"]["objectId"]
        seen = self.call("Accessibility.getPartialAXTree", objectId=node, fetchRelatives=False)["nodes"][0]
        return seen.get("role", {}).get("value", ""), seen.get("name", {}).get("value", "")

    # Signing in, and the telephone

    def sign_in(self, username, password):
        self.open("/sign-in").fill("Username", username).fill("Password", password).press("Sign in")
        return self

    def change_password(self, old, new):
        """On the page that asks for it."""
        self.wait(lambda: self.path == "/password", 8, "asked for another password")
        self.fill("Password until now", old).fill("New password", new).fill("New password, once more", new).press("Change")
        self.wait(lambda: self.path == "/", 8, "in with the new password")
        return self

    def enter(self, username, first, own):
        """Signs in with a password of one's own, which is chosen now where the first one is still good. Registered afterwards."""
        self.sign_in(username, own)
        self.wait(lambda: self.path in ("/", "/password") or "do not go together" in self.text, 8, "answered")
        if self.path == "/sign-in":
            self.sign_in(username, first).change_password(first, own)
        return self.registered()

    def registered(self, timeout=10):
        self.wait(lambda: (self.state or {}).get("registered"), timeout, "registered")
        return self

    def calls(self, state="", timeout=0):
        """The calls that are up; with a state, waits for one in it."""
        def those():
            return [each for each in (self.state or {"calls": []})["calls"] if state in ("", each["state"])]

        return self.wait(those, timeout, f"in a call that is {state}") if state else those()

    @property
    def tones(self):
        """How many the page has made since it was opened: of keys, of ringing, of messages."""
        return self.ask("tones")

    def heard(self, seconds=1.5):
        """What comes in for so long: `packets`, `level` (the highest, 0 to 1), and `pitch`, the loudest tone (Hz)."""
        return self.ask(HEARD.replace("MS", str(seconds * 1000)), timeout=seconds + 20)
