# SPDX-License-Identifier: GPL-3.0-or-later
"""What Asterisk makes of each kind of mistake in its files, and what a run makes of that: noticed, rolled back, and nobody's call ends.

The compiler makes none of them. So the run is that of a copy of the collection whose compiler does.
"""

import re
import shutil

import pytest

from tests.molecule.conftest import ROOT, sip_password

ENDPOINTS, QUEUES = "pjsip_endpoint.conf", "queues.conf"
OLD, NEW = "[kim](", "[lea]("           # who was there before, and who comes

# file, what stands there, what is written instead, what the run says
MISTAKES = {
    "an option of an endpoint that is there": (ENDPOINTS, OLD, f"[_x](!)\nnosuch=1\n\n{OLD}_x,", "Could not find option .*nosuch"),
    "an option of a new endpoint": (ENDPOINTS, NEW, f"[_x](!)\nnosuch=1\n\n{NEW}_x,", "Could not find option .*nosuch"),
    "the same section twice": (ENDPOINTS, NEW, f"[kim](_line)\ncallerid=x\n\n{NEW}", "duplicate object"),
    "a file that is not there": (ENDPOINTS, NEW, f"#include nosuch.conf\n{NEW}", "nosuch.conf"),
    "a line without =": (ENDPOINTS, NEW, f"[_x](!)\nfrom_domain\n\n{NEW}_x,", "No '='"),
    "a template that is not there": (ENDPOINTS, NEW, f"{NEW}_nosuch,", "_nosuch"),
    "an option of a transport": ("pjsip_transport.conf", "", "nosuch=1\n", "nosuch"),
    "a section that is not closed": (QUEUES, "[care](", "[care\n[care](", "no closing"),
    "a strategy that is not there": (QUEUES, "strategy=", "strategy=nosuch\n;", "nosuch"),
    "an option of a queue that is not there": (QUEUES, "strategy=", "nosuch=1\nstrategy=", "nosuch"),
    "a penalty that is no number": (QUEUES, "PJSIP/kim,3", "PJSIP/kim,many", "kim|penalty"),
    "a member that is no device": (QUEUES, "strategy=", "member=Nonsense\nstrategy=", "Nonsense"),
}
FAULTY = """

import dataclasses
_right = compile_site


def compile_site(documents):
    made = _right(documents)
    file, there, wrong = {fault!r}
    text = made.files[file]
    return dataclasses.replace(made, files={{**made.files, file: text.replace(there, wrong, 1) if there else text + wrong}})
"""


@pytest.fixture(name="faulty")
def faulty_fixture(tmp_path, monkeypatch):
    """faulty(file, there, wrong): from now on runs are those of a collection whose compiler writes that."""
    copy = tmp_path / "ansible_collections/switchboard/asterisk"
    for name in ("meta", "plugins"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", copy)

    def make(*fault):
        with open(copy / "plugins/module_utils/compile/__init__.py", "a", encoding="utf-8") as file:
            file.write(FAULTY.format(fault=fault))
        monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))

    return make


@pytest.fixture(name="call", scope="module")
def call_fixture(pbx, house, staff):
    """A call that goes on all the time, and whom the mistakes are about."""
    pbx.apply("queues", config=[{"name": "care"}])
    staff(agents=[{"username": name, "number": number, "queues": ["care:3"] if name == "kim" else []}
                  for name, number in (("ida", "2601"), ("jon", "2602"), ("kim", "2603"))])
    ida, jon = (house.baresip(name, pbx.address, sip_password(name)).registered() for name in ("ida", "jon"))
    ida.dial("2602")
    jon.ringing().answer().established()
    ida.established().hears(jon)
    yield ida, jon
    for phone in (ida, jon):
        phone.quit()
    pbx.apply("queues", config=[{"name": "care"}], state="deleted", cascade=True)


@pytest.mark.row("N6")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_noticed_and_rolled_back(pbx, faulty, call, mistake):
    *fault, told = MISTAKES[mistake]
    faulty(*fault)
    before = pbx.snapshot()
    result = pbx.attempt("agents", config=[{"username": "lea", "full_name": "Lea", "number": "2604", "typology": "external", "sip_password": "lea-secret-12",
                                            "queues": ["care"]}], number_range="1000-3999")
    assert result["failed"] and "the old" in result["msg"] and re.search(told, result["msg"]), result["output"]
    assert pbx.snapshot() == before
    ida, jon = call
    ida.hears(jon)
    jon.hears(ida)


def test_after_all_of_them_a_restarted_asterisk_has_what_it_had(pbx, call):
    ida, jon = call
    ida.hangup()
    jon.ended()
    def has():
        return pbx.snapshot(), re.findall(r"PJSIP/\w+\W+with penalty \d+", pbx.asterisk("queue show care"))

    before = has()
    assert before[1]
    pbx.run("systemctl restart asterisk && asterisk -rx 'core waitfullybooted'")
    assert has() == before
