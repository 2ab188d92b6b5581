"""What the record says after runs that ended well, badly and not at all."""

from __future__ import annotations

from pathlib import Path

from small_study import CONTRACT, rows
from whole_project import Project


def test_published_refused_and_unchanged(ran: Project) -> None:
    ran.raw("study.csv", rows().replace("\n5,", "\nfive,"))
    assert ran.ciq("run").code == 1
    ran.raw("study.csv", rows())
    assert ran.ciq("run").code == 0
    lines = ran.ciq("history", "study").out.splitlines()
    assert [line.split(": ")[1].split(",")[0] for line in lines] == ["unchanged", "refused", "published"]
    assert ran.ciq("history", "other").out == ""
    shown = ran.ciq("history", "show", lines[2].split()[0]).out
    assert "\nverdict: pass\n" in shown
    assert "\ningest: pass, 200 rows, data/raw/study.csv " in shown
    assert "\ngate overlap_share: pass, " in shown
    refused = ran.ciq("history", "show", lines[1].split()[0]).out
    assert "I203 unit 'five'" in refused
    said = ran.ciq("history", "show", "nothing")
    assert (said.code, said.out) == (2, "")
    assert "P508" in said.err


def test_what_stops_the_whole_run_is_recorded_for_all(study: Project) -> None:
    study.add("second", CONTRACT.replace("study.*", "second.*"), rows())
    config = Path("config.yaml")
    config.write_text(config.read_text().replace("default_gateway: warehouse", "default_gateway: nowhere"))
    assert study.ciq("run").code == 2
    lines = study.ciq("history").out.splitlines()
    assert sorted(line.split()[3] for line in lines) == ["second:", "study:"]
    assert all(": failed," in line for line in lines)
