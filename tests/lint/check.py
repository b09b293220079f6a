#!/usr/bin/env python3
"""check.py [--also OUTCOME] FILE_LIST: rules about the text of this tree, one function each.

Prints `not ok - rule: file:line: what` for every breach and last `N passed, N failed`, counting rules.
Every rule must also object to a bad file of its own, or the run fails: a rule that sees nothing is no rule.
"""
import os
import pathlib
import re
import sys
import tempfile

# What each folder may include, besides itself. See ARCHITECTURE.md.
ARROWS = {
    "schema": set(),
    "ingest": {"schema"},
    "query": {"schema"},
    "api": {"schema", "ingest", "query"},
}
OURS = {"schema", "ingest", "query", "api", "web", "tests", "bench"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# Libraries that belong to some folders only: pattern of the include, allowed path prefixes, why.
LIBRARIES = [
    (re.compile(r"^pqxx"), ("schema/", "query/", "ingest/load/", "ingest/seal/", "tests/", "bench/"), "SQL stays out of this folder"),
    (re.compile(r"^libpq-fe\.h"), ("schema/pg/", "deploy/commands/", "tests/", "bench/"),
     "SQL stays out of this folder"),  # deploy/commands reads connection URLs with it
    (re.compile(r"^boost/beast"), ("api/http/", "tests/http/", "bench/"), "Beast stays behind our Request and Response"),
    (re.compile(r"^(regex)$"), (), "std::regex is slow and recursive; write a small parser"),
]

# The page's data is written by attackers: it becomes text nodes and nothing else.
WEB_WORDS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write(?:ln)?|createContextualFragment|"
    r"srcdoc|setHTMLUnsafe|DOMParser)\b|\beval\s*\(|\bnew\s+Function\b|javascript:")

TEXT = re.compile(r"\.(cpp|hpp|sql|ts|tsx|mjs|js|css|html|md|py|sh|cmake|txt|json|yml|yaml|toml|service)$|/(run|up)$")
GENERATED = re.compile(r"package-lock\.json$|^tests/(golden|fuzz)/|^bench/results/|\.zdict$|^LICENSE")


def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def code_files(files):
    return [file for file in files if file.suffix in (".cpp", ".hpp")]


def rule_arrows(files):
    """folders include only along the arrows"""
    for file in code_files(files):
        folder = file.parts[0]
        if folder not in ARROWS:
            continue
        for number, line in enumerate(lines(file), 1):
            found = INCLUDE.match(line)
            target = found[1].split("/")[0] if found and "/" in found[1] else ""
            if target in OURS and target != folder and target not in ARROWS[folder]:
                yield file, number, f"{folder} must not include {found[1]}"


def rule_libraries(files):
    """libraries stay in their folders"""
    for file in code_files(files):
        for number, line in enumerate(lines(file), 1):
            found = INCLUDE.match(line)
            for pattern, allowed, why in LIBRARIES if found else ():
                if pattern.match(found[1]) and not str(file).startswith(allowed or ("\0",)):
                    yield file, number, f"<{found[1]}>: {why}"


def rule_web_words(files):
    """the page makes no markup from data"""
    for file in files:
        if str(file).startswith("web/src/") and file.suffix in (".ts", ".tsx", ".js", ".mjs", ".html"):
            for number, line in enumerate(lines(file), 1):
                if found := WEB_WORDS.search(line):
                    yield file, number, f"'{found[0]}' is forbidden here"


def rule_headers(files):
    """headers open with what they are and guard with #pragma once"""
    for file in files:
        if file.suffix != ".hpp":
            continue
        text = lines(file)
        if not text or not text[0].startswith("//"):
            yield file, 1, "start with a comment that says what this is"
        if "#pragma once" not in text:
            yield file, 1, "no #pragma once"


def rule_sql(files):
    """SQL files open with a comment; no two migrations have one number"""
    migrations = []
    for file in files:
        if file.suffix != ".sql":
            continue
        text = lines(file)
        if not text or not text[0].startswith("--"):
            yield file, 1, "start with a comment: what it answers, its parameters"
        for number, line in enumerate(text, 1):
            if ')__sql"' in line:
                yield file, number, 'the text )__sql" ends the literal that this file becomes'
        if file.parent.name == "migrations":
            found = re.match(r"V(\d{4})__[a-z0-9_]+\.sql$", file.name)
            if not found:
                yield file, 1, "a migration is named V0001__what.sql"
            else:
                migrations.append((int(found[1]), file))
    numbers = sorted(migrations)
    for (before, _), (number, file) in zip(numbers, numbers[1:]):
        if number == before:
            yield file, 1, f"V{number:04} is taken"


def rule_white_space(files):
    """no tabs, trailing blanks or CRLF; one newline at the end"""
    for file in files:
        if not TEXT.search(str(file)) or GENERATED.search(str(file)):
            continue
        data = file.read_bytes()
        if b"\r\n" in data:
            yield file, 1, "CRLF line ends"
        if data and (not data.endswith(b"\n") or data.endswith(b"\n\n")):
            yield file, data.count(b"\n"), "end with exactly one newline"
        for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            if line.rstrip("\r") != line.rstrip("\r").rstrip(" \t"):
                yield file, number, "blanks at the end of the line"
            if "\t" in line and file.suffix not in (".txt",) and file.name != "Makefile":
                yield file, number, "a tab"


def rule_markdown(files):
    """documents: links lead somewhere, code fences are closed, one title"""
    for file in files:
        if file.suffix != ".md":
            continue
        fenced, titles = False, 0
        for number, line in enumerate(lines(file), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
                continue
            if fenced:
                continue
            titles += line.startswith("# ")
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                path = target.split("#")[0]
                if path and "://" not in target and not target.startswith("mailto:"):
                    if not (file.parent / path).exists():
                        yield file, number, f"the link {target} leads nowhere"
        if fenced:
            yield file, len(lines(file)), "an open code fence"
        if titles != 1:
            yield file, 1, f"{titles} titles (lines that start with '# ') instead of one"


def rule_left_over(files):
    """nothing is marked as unfinished"""
    word = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + r"X)\b")
    for file in files:
        if TEXT.search(str(file)) and not GENERATED.search(str(file)):
            for number, line in enumerate(lines(file), 1):
                if found := word.search(line):
                    yield file, number, f"'{found[0]}': finish it or open an issue"


def rule_scripts(files):
    """shell scripts stop at the first error"""
    for file in files:
        text = lines(file) if file.suffix in ("", ".sh") and file.stat().st_size < 1 << 20 else []
        if text and re.match(r"#!.*\bbash\b", text[0]) and "set -euo pipefail" not in text:
            yield file, 1, "no `set -euo pipefail`"


RULES = [rule_arrows, rule_libraries, rule_web_words, rule_headers, rule_sql, rule_white_space, rule_markdown,
         rule_left_over, rule_scripts]

# One file per rule that the rule must object to.
BAD = {
    "rule_arrows": ("query/x.cpp", '#include "api/http/server.hpp"\n'),
    "rule_libraries": ("api/x.cpp", "#include <pqxx/pqxx>\n"),
    "rule_web_words": ("web/src/x.ts", "element.innerHTML = finding.title;\n"),
    "rule_headers": ("schema/x.hpp", "#include <string>\n"),
    "rule_sql": ("query/sql/x.sql", "SELECT 1\n"),
    "rule_white_space": ("schema/x.cpp", "int x; \n"),
    "rule_markdown": ("README.md", "# A\n[x](nowhere.md)\n"),
    "rule_left_over": ("schema/y.cpp", "// TO" + "DO later\n"),
    "rule_scripts": ("deploy/x.sh", "#!/usr/bin/env bash\nls\n"),
}


def blind_rules():
    """The rules that do not object to their bad file."""
    here = os.getcwd()
    blind = []
    for rule in RULES:
        name, text = BAD[rule.__name__]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            path = pathlib.Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if not list(rule([path])):
                blind.append(rule)
            os.chdir(here)
    return blind


def main(arguments):
    passed = failed = 0
    if arguments[:1] == ["--also"]:
        passed, failed = (1, 0) if arguments[1] == "passed" else (0, 1)
        arguments = arguments[2:]
    blind = blind_rules()
    for rule in blind:
        print(f"not ok - {rule.__name__} does not see what it is for")
    passed, failed = passed + (not blind), failed + bool(blind)
    files = [pathlib.Path(line) for line in pathlib.Path(arguments[0]).read_text().splitlines()]
    for rule in RULES:
        breaches = list(rule(files))
        for file, number, what in breaches[:50]:
            print(f"not ok - {rule.__doc__}: {file}:{number}: {what}")
        passed, failed = passed + (not breaches), failed + bool(breaches)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
