# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams, and what refers to them, on a host that is in use."""

import json

import pytest

PASSWORD = "hunter2-long-enough"


@pytest.fixture(autouse=True)
def nobody_is_left(pbx):
    yield
    pbx.apply("agents", config=[{"username": "tom"}], state="deleted")
    pbx.apply("teams", config=[{"name": "night"}], state="deleted")


def tom(**fields):
    return {"username": "tom", "full_name": "Tom", "typology": "external", "sip_password": PASSWORD, **fields}


def teams(pbx):
    return next(each for each in pbx.apply("agents", state="gathered")["gathered"] if each["username"] == "tom").get("teams")


@pytest.mark.row("A27", "T5")
def test_a_team_must_exist_and_stays_while_somebody_is_in_it(pbx):
    before = pbx.snapshot()
    refused = pbx.attempt("agents", config=[tom(teams=["nihgt", "day"])])
    assert refused["failed"] and refused["msg"] == "item 1: agent 'tom': teams: there is no team 'nihgt'", refused["msg"]
    assert pbx.snapshot() == before
    pbx.apply("teams", config=[{"name": "night"}])
    pbx.agents(tom(teams=["night", "day"]))
    before = pbx.snapshot()
    refused = pbx.attempt("teams", config=[{"name": "night"}], state="deleted")
    assert refused["failed"] and "team 'night': is referred to by agent 'tom': change" in refused["msg"]
    assert pbx.snapshot() == before


@pytest.mark.parametrize("options", [("--check",), ()])
def test_cascade(pbx, options, phone):
    pbx.apply("teams", config=[{"name": "night"}])
    pbx.agents(tom(teams=["night", "day"]))
    anna, bo = phone("anna"), phone("bo")
    anna.dial("1002")
    bo.ringing().answer().established()
    result = pbx.apply("teams", *options, config=[{"name": "night"}], state="deleted", cascade=True)
    assert result["changed"] and result["cascaded"] == {"agents": ["tom"]} and result["files"] == []
    assert teams(pbx) == (["night", "day"] if options else ["day"])
    anna.hears(bo)
    bo.hears(anna)
    anna.hangup()


def test_a_team_needs_no_running_asterisk(pbx):
    pbx.run("systemctl stop asterisk")
    try:
        assert pbx.apply("teams", config=[{"name": "night"}])["created"] == ["night"]
    finally:
        pbx.run("systemctl start asterisk; asterisk -rx 'core waitfullybooted'")
    assert not pbx.apply("teams", config=[{"name": "night"}])["changed"]


def test_a_whole_play_in_check_mode_sees_what_its_tasks_would_have_made(pbx, tmp_path):
    """And the next run of it sees nothing of the kind."""
    (tmp_path / "teams.json").write_text(json.dumps([{"name": "day"}, {"name": "night"}]))
    (tmp_path / "agents.json").write_text(json.dumps([tom(teams=["night"])]))
    files = {"staff_teams_file": f"{tmp_path}/teams.json", "staff_agents_file": f"{tmp_path}/agents.json"}
    before = pbx.snapshot()
    code, output = pbx.play("staff", "--check", **files)
    assert code == 0 and "changed=2" in output, output
    assert pbx.snapshot() == before
    code, output = pbx.play("staff", "--check", staff_agents_file=files["staff_agents_file"])
    assert code and "there is no team 'night'" in output, output
    code, output = pbx.play("staff", **files)
    assert code == 0 and "changed=2" in output, output
    assert teams(pbx) == ["night"]


def people(pbx, tmp_path, *names):
    """A site's files, with tom in the last of these teams."""
    (tmp_path / "teams.json").write_text(json.dumps([{"name": name} for name in names]))
    (tmp_path / "agents.json").write_text(json.dumps([tom(teams=[names[-1]])]))
    return {"staff_teams_file": f"{tmp_path}/teams.json", "staff_agents_file": f"{tmp_path}/agents.json"}


def test_teams_go_after_those_who_were_in_them(pbx, tmp_path):
    files = people(pbx, tmp_path, "night")
    code, output = pbx.play("staff", **files)
    assert code == 0, output
    code, output = pbx.play("staff", **files, staff_state="deleted")
    assert code == 0 and "changed=2" in output, output
    assert "night" not in [each["name"] for each in pbx.apply("teams", state="gathered")["gathered"]]


def test_a_site_that_is_exactly_its_files(pbx, tmp_path):
    """Only tried: cleo, who is in team day, would go, and so the team may."""
    before = pbx.snapshot()
    code, output = pbx.play("staff", "--check", "--diff", **people(pbx, tmp_path, "night"), staff_state="overridden", staff_max_deletions="100%")
    assert code == 0 and "-day: {" in output and "-cleo: {" in output and "+tom: {" in output, output
    code, output = pbx.play("staff", "--check", "--diff", **people(pbx, tmp_path, "night"), staff_state="overridden", staff_max_deletions="100%",
                            staff_scope={"names": "t*"})
    assert code == 0 and "-day: {" not in output and "-cleo: {" not in output, output
    assert pbx.snapshot() == before
