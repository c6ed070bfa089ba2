# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources that name others: what is named must exist, does not go while it is named, and may be made earlier in the same play."""

from __future__ import annotations

import json
import sqlite3

import pytest
from module_utils import plan as plan_module
from module_utils.model.agent import AGENT
from module_utils.model.errors import Refused
from module_utils.model.extension import EXTENSION
from module_utils.model.site import RESOURCES
from module_utils.model.team import TEAM

from tests.unit.conftest import ANNA, BEN, House

SALES, NIGHT = {"name": "sales"}, {"name": "night"}


@pytest.fixture(name="staffed")
def staffed_fixture(house: House) -> House:
    """Two teams; anna is in both, ben in one."""
    house.run("merged", [SALES, NIGHT], TEAM)
    house.run("merged", [{**ANNA, "teams": ["sales", "night"]}, {**BEN, "teams": ["night"]}])
    return house


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_what_is_named_must_exist(staffed: House, state: str) -> None:
    before = staffed.everything()
    with pytest.raises(Refused, match=r"agent 'anna': teams: there is no team 'sale' \(did you mean sales\?\)"):
        staffed.run(state, [{**ANNA, "teams": ["sale"]}, BEN])
    assert staffed.everything() == before


@pytest.mark.row("A27")
def test_gathered_names_and_applied_again_changes_nothing(staffed: House) -> None:
    gathered = staffed.run("gathered")["gathered"]
    assert [each.get("teams") for each in gathered] == [["sales", "night"], ["night"]]
    assert staffed.run("overridden", gathered)["changed"] is False


def test_the_store_keeps_internal_ids_so_that_names_may_change(staffed: House) -> None:
    base = sqlite3.connect(staffed.store)
    ids = dict(base.execute("SELECT key, id FROM documents WHERE kind = 'team'"))
    (body,) = base.execute("SELECT body FROM documents WHERE kind = 'agent' AND key = 'anna'").fetchone()
    assert json.loads(body)["teams"] == [ids["sales"], ids["night"]]
    base.execute("UPDATE documents SET key = 'late' WHERE key = 'night'")
    base.commit()
    base.close()
    assert staffed.documents()["anna"]["teams"] == ["sales", "late"] and staffed.documents()["ben"]["teams"] == ["late"]


@pytest.mark.parametrize(("state", "config"), [("deleted", [NIGHT]), ("overridden", [SALES])])
def test_what_is_referred_to_stays_and_its_referrers_are_named(staffed: House, state: str, config: list[dict[str, str]]) -> None:
    before = staffed.everything()
    with pytest.raises(Refused, match="^(item 1: )?team 'night': is referred to by agent 'anna', agent 'ben': change these first, or say cascade"):
        staffed.run(state, config, TEAM, max_deletions="100%")
    assert staffed.everything() == before


def test_many_referrers_are_counted(house: House) -> None:
    house.run("merged", [NIGHT], TEAM)
    house.run("merged", [{"username": f"a{count}", "full_name": "A", "teams": ["night"]} for count in range(9)])
    with pytest.raises(Refused, match="agent 'a0', agent 'a1', .*, agent 'a4' and 4 more: change"):
        house.run("deleted", [NIGHT], TEAM)


@pytest.mark.parametrize("check", [True, False])
def test_cascade_takes_it_out_of_all_that_refers_to_it(staffed: House, check: bool) -> None:
    before, secrets = staffed.everything(), {key: said.get("sip_password") for key, said in staffed.documents().items()}
    result = staffed.run("deleted", [NIGHT], TEAM, check=check, cascade=True)
    assert result["deleted"] == ["night"] and result["cascaded"] == {"agents": ["anna", "ben"]}
    if check:
        assert staffed.everything() == before
        return
    assert {key: said["teams"] for key, said in staffed.documents().items()} == {"anna": ["sales"], "ben": []}
    assert {key: said.get("sip_password") for key, said in staffed.documents().items()} == secrets
    assert set(staffed.documents("team")) == {"sales"} and staffed.documents()["anna"]["number"] == "1000"
    assert staffed.run("deleted", [NIGHT], TEAM, cascade=True)["changed"] is False


def test_a_team_is_no_matter_of_asterisks(staffed: House) -> None:
    """It need not even run: nothing that it reads changes."""
    staffed.asterisk.did.clear()
    result = staffed.run("merged", [{**SALES, "display_name": "Sales"}], TEAM)
    assert result["changed"] and result["files"] == [] and result["reloaded"] == [] and not staffed.asterisk.did
    assert staffed.run("merged", [{**SALES, "display_name": "Sales"}], TEAM)["changed"] is False


def test_a_deleted_name_given_again_is_another_team(staffed: House) -> None:
    staffed.run("deleted", [NIGHT], TEAM, cascade=True)
    staffed.run("merged", [NIGHT], TEAM)
    assert staffed.documents()["anna"]["teams"] == ["sales"]


def test_in_check_mode_what_earlier_tasks_would_have_made_is_there(house: House) -> None:
    """Also where no store is yet. The action plugin hands on what each task of the play left undone."""
    planned = house.run("merged", [SALES], TEAM, check=True)["planned"]
    agents = [{**ANNA, "teams": ["sales"]}]
    with pytest.raises(Refused, match="there is no team 'sales'"):
        house.run("merged", agents, check=True)
    result = house.run("merged", agents, check=True, planned=planned)
    assert result["created"] == ["anna"] and result["numbers"] == {"anna": "1000"}
    planned = {**planned, **result["planned"]}
    assert house.run("merged", [{"name": "hall"}], EXTENSION, check=True, planned=planned)["numbers"] == {"hall": "1001"}
    assert house.run("merged", agents, check=True, planned=planned)["changed"] is True      # the files are yet to be written
    assert house.run("merged", agents, check=True, planned=planned)["counts"] == {"created": 0, "updated": 0, "deleted": 0}


def test_in_check_mode_what_earlier_tasks_would_have_deleted_is_gone(staffed: House) -> None:
    planned = staffed.run("deleted", [ANNA, {"username": "ben"}], check=True)["planned"]
    assert staffed.run("deleted", [NIGHT], TEAM, check=True, planned=planned)["deleted"] == ["night"]
    with pytest.raises(Refused, match="referred to by"):
        staffed.run("deleted", [NIGHT], TEAM)


def test_in_check_mode_a_cascade_leaves_secrets_as_they_are(staffed: House) -> None:
    planned = staffed.run("deleted", [NIGHT], TEAM, check=True, cascade=True)["planned"]
    assert staffed.run("merged", [BEN], check=True, planned=planned)["counts"] == {"created": 0, "updated": 0, "deleted": 0}


def test_rendered_knows_nobody_and_asks_for_nobody(house: House) -> None:
    assert house.run("rendered", [{**ANNA, "teams": ["sales"]}])["rendered"]


def test_references_are_found_in_time_that_grows_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting a hundred teams of ten thousand agents asks each agent once."""
    asked = []
    real = type(AGENT).referred
    monkeypatch.setattr(type(AGENT), "referred", lambda self, said, kind: (asked.append(1), real(self, said, kind))[1])
    teams = {f"t{count}": {"name": f"t{count}"} for count in range(100)}
    agents = {f"a{count}": {"username": f"a{count}", "full_name": "A", "teams": [f"t{count % 100}"]} for count in range(10_000)}
    have = plan_module.Have(teams, {}, {"team": teams, "agent": agents})
    site = plan_module.Site("realm", plan_module.NumberRange.parse("1000-9999", "numbers"))
    made = plan_module.plan(TEAM, plan_module.Order("deleted", cascade=True), list(teams.values()), have, site)
    assert len(made.cascaded["agent"]) == 10_000 and len(asked) == 10_000


def test_every_reference_names_a_kind_that_there_is() -> None:
    assert all(each.to in RESOURCES for resource in RESOURCES.values() for each in resource.references.values())
