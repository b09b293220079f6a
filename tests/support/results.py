#!/usr/bin/env python3
"""Test results in one form: lines of `outcome<TAB>name`, where the outcome is passed, failed or skipped.

    results.py gtest JUNIT DIRECTORY PROGRAM…   what ctest and the gtest programs wrote
    results.py node STAGE STATUS FILE           what a Node.js test runner printed
    results.py sql COVERAGE FOLDER…             every FOLDER/*.sql was executed by some test
    results.py seconds FILE                     how long a gtest program took
    results.py failures FILE…                   what the failed tests of gtest programs said; status 1 if none did
    results.py summary FILE…                    names what did not pass, then `N passed, N failed[, N skipped]`

A program that crashed or ran out of time wrote nothing: that is a failure too. summary ends with status 1 when
something failed or nothing ran.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def gtest_outcomes(report):
    for suite in report.get("testsuites", []):
        for case in suite.get("testsuite", []):
            name = f"{suite['name']}.{case['name']}"
            if case.get("status") == "NOTRUN":  # disabled, or left out by a filter
                continue
            if case.get("failures"):
                yield "failed", name
            elif case.get("result") == "SKIPPED":
                yield "skipped", name
            else:
                yield "passed", name


def from_gtest(junit, directory, *programs):
    ended_badly = {
        case.get("name"): case.get("status", "")
        for case in ElementTree.parse(junit).getroot().iter("testcase")
        if case.get("status") != "run"
    } if pathlib.Path(junit).exists() else {}
    for program in programs:
        report = pathlib.Path(directory) / f"{program}_tests.json"
        outcomes = list(gtest_outcomes(json.loads(report.read_text()))) if report.exists() else []
        yield from ((outcome, f"{program}: {name}") for outcome, name in outcomes)
        failed = any(outcome == "failed" for outcome, _ in outcomes)
        if not report.exists():
            yield "failed", f"{program}: the program ended without results (crashed or timed out)"
        elif program in ended_badly and not failed:
            yield "failed", f"{program}: the program ended with an error after its tests"


# The forms in use: node:test's TAP and spec reporters, and our own runners' last line.
TALLY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
SPEC = re.compile(r"^(?:#|ℹ) (pass|fail|skipped|cancelled) (\d+)$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def from_node(stage, status, path):
    lines = [COLOUR.sub("", line).rstrip() for line in pathlib.Path(path).read_text(errors="replace").splitlines()]
    passed = failed = skipped = 0
    tally = next((found for line in reversed(lines) if (found := TALLY.match(line))), None)
    if tally:
        passed, failed, skipped = (int(number or 0) for number in tally.groups())
    else:
        spec = {found[1]: int(found[2]) for line in lines if (found := SPEC.match(line))}
        passed, failed = spec.get("pass", 0), spec.get("fail", 0) + spec.get("cancelled", 0)
        skipped = spec.get("skipped", 0)
    names = [line.strip() for line in lines if re.match(r"^\s*(✖|not ok|FAIL)", line)]
    skips = [line.strip() for line in lines if re.match(r"^\s*(﹣|SKIP)|# SKIP", line)]
    for number in range(passed):
        yield "passed", f"{stage}: case {number + 1}"
    for number in range(failed):
        yield "failed", f"{stage}: {names[number] if number < len(names) else 'see the log'}"
    for number in range(skipped):
        yield "skipped", f"{stage}: {skips[number] if number < len(skips) else 'see the log'}"
    if passed + failed + skipped == 0:
        yield "failed", f"{stage}: no result was printed (status {status})"
    elif int(status) != 0 and failed == 0:
        yield "failed", f"{stage}: ended with status {status} after its tests"


def from_sql(coverage, *folders):
    executed = set(pathlib.Path(coverage).read_text().split()) if pathlib.Path(coverage).exists() else set()
    for folder in folders:
        for file in sorted(pathlib.Path(folder).glob("*.sql")):
            name = f"sql: {file} is executed by a test"
            yield ("passed" if file.stem in executed else "failed"), name


def summary(*paths):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    named = {"failed": [], "skipped": []}
    for path in paths:
        for line in pathlib.Path(path).read_text().splitlines():
            outcome, name = line.split("\t", 1)
            counts[outcome] += 1
            named.get(outcome, []).append(name)
    for outcome in ("skipped", "failed"):
        if named[outcome]:
            print(f"{outcome}:")
            for name in named[outcome]:
                print(f"  {name}")
    tail = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{tail}")
    return 1 if counts["failed"] or not counts["passed"] else 0


def seconds(path):
    report = pathlib.Path(path)
    print(json.loads(report.read_text())["time"].rstrip("s") if report.exists() else 0)
    return 0


def failures(*paths):
    found = False
    for path in map(pathlib.Path, paths):
        for suite in json.loads(path.read_text()).get("testsuites", []) if path.exists() else ():
            for case in suite.get("testsuite", []):
                for failure in case.get("failures", []):
                    found = True
                    print(f"--- {suite['name']}.{case['name']}\n{failure['failure'][:4000]}")
    return 0 if found else 1


def main(arguments):
    forms = {"gtest": from_gtest, "node": from_node, "sql": from_sql}
    if arguments and arguments[0] == "summary":
        return summary(*arguments[1:])
    if arguments[:1] == ["failures"]:
        return failures(*arguments[1:])
    if arguments[:1] == ["seconds"]:
        return seconds(arguments[1])
    if len(arguments) < 2 or arguments[0] not in forms:
        print(__doc__, file=sys.stderr)
        return 2
    for outcome, name in forms[arguments[0]](*arguments[1:]):
        print(f"{outcome}\t{' '.join(name.split())}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
