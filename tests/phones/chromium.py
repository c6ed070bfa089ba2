# SPDX-License-Identifier: GPL-3.0-or-later
"""A Chromium inside a container of phones, spoken to in its own protocol (Chrome DevTools) over a pair of pipes: no port, no driver.

A message is JSON that ends in a zero byte; what the browser is asked comes in on its file descriptor 3, its answers go out on 4.
"""

import itertools
import json
import os
import subprocess
import threading

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--disable-extensions", "--remote-debugging-pipe",
    # A microphone and a camera without hardware and without a question; sound although nobody has clicked; pages in the background go on
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
]

COMPLAINTS = {
    "Log.entryAdded": lambda said: f"{said['entry']['level']}: {said['entry']['text']} ({said['entry'].get('url', '')})",
    "Runtime.exceptionThrown": lambda said: said["exceptionDetails"].get("exception", {}).get("description") or said["exceptionDetails"]["text"],
    "Runtime.consoleAPICalled": lambda said: f"console.{said['type']}: {[each.get('value', each.get('description')) for each in said['args']]}",
}


class Chromium:
    def __init__(self, log, folder, flags=()):
        """`folder` holds its profile; two at a time need one each."""
        asked, answers = os.pipe(), os.pipe()
        # bash puts the ends where the browser wants them
        command = ["bash", "-c", f'exec chromium "$@" 3<&{asked[0]} 4>&{answers[1]}', "chromium", *FLAGS, f"--user-data-dir={folder}", *flags]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, pass_fds=(asked[0], answers[1]))
        os.close(asked[0])
        os.close(answers[1])
        self.asked, self.answers = os.fdopen(asked[1], "wb", buffering=0), os.fdopen(answers[0], "rb")
        self.numbers, self.told, self.changed, self.pages, self.gone = itertools.count(1), {}, threading.Condition(), {}, False
        self.complaints = []        # what pages say went wrong, of those that have their domains Log and Runtime enabled
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        rest = b""
        while data := self.answers.read1(65536):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    with self.changed:
                        self.told[message["id"]] = message
                        self.changed.notify_all()
                elif message["method"] in COMPLAINTS:
                    self.complaints.append(COMPLAINTS[message["method"]](message["params"]))
        with self.changed:
            self.gone = True
            self.changed.notify_all()

    def ask(self, method, timeout=20, session=None, **params):
        number = next(self.numbers)
        request = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        self.asked.write(json.dumps(request).encode() + b"\0")
        with self.changed:
            if not self.changed.wait_for(lambda: self.gone or number in self.told, timeout):
                raise RuntimeError(f"the browser did not answer {method} within {timeout} s")
            if number not in self.told:
                raise RuntimeError("the browser has ended")
            answer = self.told.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, page, url):
        target = self.ask("Target.createTarget", url=url)["targetId"]
        self.pages[page] = target, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, page, method, timeout=20, **params):
        """Any command of the protocol, of a page."""
        return self.ask(method, timeout, self.pages[page][1], **params)

    def evaluate(self, page, script, timeout=20):
        """The value of a script, waited for when it is a promise."""
        result = self.ask("Runtime.evaluate", timeout, self.pages[page][1], expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description") or result["exceptionDetails"]["text"])
        return result["result"].get("value")

    def complained(self, _page):
        return self.complaints

    def shut(self, page):
        self.ask("Target.closeTarget", targetId=self.pages.pop(page)[0])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
