"""What stands in deploy/ starts the program as it is: words it knows, a unit that systemd reads, files that exist."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE, CONTAINER = ROOT / "deploy" / "warrantor.service", ROOT / "deploy" / "Containerfile"


def parsed(words):
    from warrantor.cli.app import app

    assert words[0].rpartition("/")[2] == "warrantor"
    command, bound, _ = app().parse_args(words[1:], exit_on_error=False, print_error=False)
    return command.__name__, bound.arguments


def test_the_unit_starts_a_verb_there_is_with_words_it_knows():
    start = re.search(r"^ExecStart=(.*)$", SERVICE.read_text(), re.MULTILINE)[1]
    for name, value in (("HOME", "/var/lib/warrantor"), ("URL", "https://desk.example")):
        start = start.replace(f"${{WARRANTOR_{name}}}", value)
    verb, told = parsed(shlex.split(start))
    assert verb == "serve"
    assert (told["url"], told["trusted_proxy"]) == ("https://desk.example", True)


def test_the_container_starts_a_verb_there_is_and_copies_what_there_is():
    text = CONTAINER.read_text()
    verb, told = parsed(json.loads(re.search(r"^CMD (.*)$", text, re.MULTILINE)[1]))
    assert (verb, told["port"]) == ("serve", 8000)
    health = json.loads(re.search(r"^HEALTHCHECK CMD (.*)$", text, re.MULTILINE)[1])
    assert f":{told['port']}/health/ready" in health[2]
    compile(health[2], "health", "exec")
    for source in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / source).exists()


def test_who_stops_the_server_waits_longer_than_its_requests_and_its_job_may_take():
    from warrantor.web import child, serving, worker

    assert child.GRACE < serving.GRACE, "a job ends while requests are finished"
    longest = serving.GRACE + worker.STOPPING
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", SERVICE.read_text(), re.MULTILINE)[1]) > longest
    assert int(re.search(r"--stop-timeout (\d+) ", CONTAINER.read_text())[1]) > longest


def test_systemd_reads_the_unit(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    here = tmp_path / "warrantor.service"
    start = tmp_path / "warrantor"
    start.write_text("#!/bin/sh\n")
    start.chmod(0o755)
    here.write_text(SERVICE.read_text().replace("/opt/warrantor/bin/warrantor", str(start)))
    done = subprocess.run([program, "verify", "--man=no", str(here)], check=False, capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
    assert [line for line in done.stderr.splitlines() if "warrantor" in line] == []
    assert done.returncode == 0, done.stderr


def test_a_word_the_program_does_not_know_would_be_seen():
    with pytest.raises(Exception, match="nowhere"):
        parsed(["warrantor", "serve", "desk", "--nowhere"])
