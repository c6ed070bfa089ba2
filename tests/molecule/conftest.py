# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenarios' tests share: the host under test, and telephones."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# What Molecule sets for its own Ansible (colours, callbacks) is not what a user's run has.
for name in [each for each in os.environ if each.startswith("ANSIBLE_") and each != "ANSIBLE_COLLECTIONS_PATH"]:
    del os.environ[name]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bed import podman  # noqa: E402
from tests.phones import PhoneError, Phones, until  # noqa: E402

SECRET = {"anna": "anna-secret-1", "bo": "bo-secret-12", "cleo": "cleo-secret-1", "eva": "eva-secret-1"}


class Pbx:
    """The host under test: what a user does to it, and what can be seen on it."""

    def __init__(self, name, folder):
        self.name, self.folder, self.address = name, folder, podman.address(name)

    def run(self, command, check=True):
        """The output of a shell command on the host."""
        done = subprocess.run(["podman", "exec", self.name, "sh", "-c", command], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
        return done.stdout

    def python(self, script):
        """What a Python script prints on the host."""
        done = subprocess.run(["podman", "exec", "-i", self.name, "python3", "-"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def asterisk(self, command):
        return self.run(f"asterisk -rx '{command}'")

    def start(self, module, options=(), **arguments):
        """A run that goes on by itself; finish() waits for its result."""
        command = ["ansible", self.name, "-i", f"{self.name},", "-m", f"switchboard.asterisk.{module}", "-a", json.dumps(arguments),
                   "-e", "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3"]
        environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
        return subprocess.Popen([*command, *options], cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self, run):
        """The result of a run, with all that the user saw as `output`."""
        output, _nothing = run.communicate(timeout=120)
        start = output.index("{", output.index(f"{self.name} | "))
        result, _end = json.JSONDecoder().raw_decode(output[start:])
        return {"failed": "FAILED!" in output, **result, "output": output}

    def attempt(self, module, *options, **arguments):
        return self.finish(self.start(module, options, **arguments))

    def apply(self, module, *options, **arguments):
        """Like a task of a playbook; it must not fail."""
        result = self.attempt(module, *options, **arguments)
        assert not result["failed"], result["output"]
        return result

    def begin(self, playbook, *options, **variables):
        """A playbook of the collection, with the scenario's inventory, as a process."""
        command = ["ansible-playbook", "-i", str(ROOT / "tests/molecule/inventory/hosts.yml"), "-l", self.name, "-e", json.dumps(variables),
                   f"switchboard.asterisk.{playbook}", *options]
        environment = {**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true"}
        return subprocess.Popen(command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def play(self, playbook, *options, **variables):
        """Its exit code and what the user saw."""
        process = self.begin(playbook, *options, **variables)
        output, _nothing = process.communicate()
        return process.returncode, output

    def agents(self, *config, **arguments):
        return self.apply("agents", config=list(config), **arguments)

    def snapshot(self):
        """Everything a failed run must leave as it was: the store, the link, the compiled files, and what Asterisk has."""
        store = self.run("cd /var/lib/switchboard && python3 -c \"import sqlite3; print(list(sqlite3.connect('store.db').iterdump()))\"")
        files = self.run("readlink /etc/asterisk/switchboard; cd /etc/asterisk/switchboard/ && sha256sum *.conf; ls /var/lib/switchboard/generations")
        return store, files, re.findall(r"Endpoint: +(\S+)", self.asterisk("pjsip list endpoints"))     # how they are is their telephones' doing


def pytest_configure(config):
    config.addinivalue_line("markers", "row(*ids): the rows of docs/fields.md that a test covers")


@pytest.fixture(name="pbx", scope="session")
def pbx_fixture(request, tmp_path_factory):
    hosts = request.config.getoption("--hosts")
    return Pbx(hosts.rpartition("/")[2], tmp_path_factory.mktemp("controller"))


@pytest.fixture(name="phones")
def phones_fixture():
    with Phones() as phones:
        yield phones


@pytest.fixture(name="phone")
def phone_fixture(pbx, phones):
    """phone("anna") is anna's telephone, registered."""
    def make(user, password="", **options):
        return phones.baresip(user, pbx.address, password or SECRET[user], **options).registered()
    return make


def sip_password(name):
    """Of the people that a test module makes for itself."""
    return f"{name}-secret-1"


@pytest.fixture(name="house", scope="module")
def house_fixture(pbx):
    """The container of all phones of a test module."""
    with Phones(name=f"{pbx.name}-phones") as phones:
        yield phones


@pytest.fixture(name="sink", scope="module")
def sink_fixture(pbx, house):
    """Where the host's mails go: to the phones' container, by its name. The host knows that by itself, for podman's name server does not
    answer for as long as 20 s while containers start.
    """
    sink = house.smtp()
    pbx.run(f"hosts=$(sed '/ {house.name}$/d' /etc/hosts); printf '%s\\n%s %s\\n' \"$hosts\" {house.address} {house.name} > /etc/hosts")
    pbx.run("systemctl restart postfix")
    return sink


@pytest.fixture(name="mail_to", scope="module")
def mail_to_fixture(pbx, sink):
    """mail_to("mia@example.org") is the mail that the host has sent her, once it has come."""
    def come(address):
        return until(lambda: next((each for each in sink.mails if address in each["To"]), None), 30, lambda: PhoneError(
            f"no mail to {address}\n" + pbx.run("postqueue -p; journalctl --no-pager -n 30 -t postfix/smtp -t postfix/smtpd -t postfix/qmgr")))
    return come


@pytest.fixture(name="staff", scope="module")
def staff_fixture(pbx):
    """staff(agents=[...], extensions=[...], users=[...]) makes a test module's own people; they are gone when it is through."""
    made = []

    def make(module, key, people, **fields):
        if people:
            made.append((module, [{key: each[key]} for each in people]))
            pbx.apply(module, config=[{"sip_password": sip_password(each[key]), **fields, **each} for each in people])

    def hire(agents=(), extensions=(), users=()):
        make("users", "username", [{"full_name": each["username"].title(), **each} for each in users], transport="udp")
        make("agents", "username", [{"full_name": each["username"].title(), **each} for each in agents], typology="external")
        make("extensions", "name", extensions)

    yield hire
    for module, config in made:
        pbx.apply(module, config=config, state="deleted")


@pytest.fixture(name="line")
def line_fixture(pbx, house):
    """line("kim") is the telephone of one of them, registered, and switched off after the test."""
    made = []

    def make(name, **options):
        made.append(house.baresip(name, pbx.address, sip_password(name), **options))
        return made[-1].registered()

    yield make
    for phone in made:
        if house.inside("ended", name=phone.id) is None:
            phone.quit()


@pytest.fixture(name="ask")
def ask_fixture(pbx, house):
    """ask("INVITE", "kim", "2001") is the answer to one request of hers, with her password unless another one or None is given."""
    def send(method, user, number="", phones=house, **parts):
        return phones.request(method, pbx.address, number, user=user, **{"password": sip_password(user), **parts})
    return send
