#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktop entry, metainfo, man pages and completions: own rules always, the freedesktop tools where they are installed.

    test_desktop.py ROOT
"""
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(sys.argv[1])
RESOURCES = ROOT / "resources"
ID = "org.prunescope.PruneScope"
problems = []


def expect(condition, text):
    if not condition:
        problems.append(text)


def tool(*command):
    """Runs a checker when it is there; its words become a problem when it fails."""
    if shutil.which(command[0]):
        done = subprocess.run(command, capture_output=True, text=True)
        expect(done.returncode == 0, f"{' '.join(command)}: {done.stdout.strip()} {done.stderr.strip()}")
        return done.stdout + done.stderr
    return ""


def desktop_entry():
    path = RESOURCES / f"{ID}.desktop"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    expect(lines[0] == "[Desktop Entry]", "desktop entry: first line is no group")
    keys = dict(line.split("=", 1) for line in lines[1:])
    for key in ("Type", "Name", "Comment", "Exec", "Icon", "Categories", "MimeType", "Comment[zh_CN]"):
        expect(keys.get(key), f"desktop entry: {key} is missing")
    expect(keys["Exec"].split()[0] == "prunescope" and re.search(r"%[fFuU]", keys["Exec"]), "desktop entry: Exec names no program with a file")
    expect(keys["Icon"] == ID, "desktop entry: icon is not installed under this name")
    for key in ("Categories", "MimeType", "Keywords"):
        expect(keys[key].endswith(";"), f"desktop entry: {key} is a list and ends with ';'")
    expect("Science" in keys["Categories"].split(";"), "desktop entry: no main category")
    tool("desktop-file-validate", str(path))
    return keys


def metainfo(entry):
    path = RESOURCES / f"{ID}.metainfo.xml"
    root = xml.parse(path).getroot()
    expect(root.findtext("id") == ID, "metainfo: id")
    expect(root.findtext("launchable") == f"{ID}.desktop", "metainfo: launchable")
    for tag in ("name", "summary", "metadata_license", "project_license", "description", "content_rating", "releases/release"):
        expect(root.find(tag) is not None, f"metainfo: {tag} is missing")
    expect(root.findtext("name") == entry["Name"], "metainfo: another name than the desktop entry")
    expect(len(root.findtext("summary")) <= 80 and not root.findtext("summary").endswith("."), "metainfo: summary is one short line without a full stop")
    version = re.search(r"project\(PruneScope VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    expect(root.find("releases/release").get("version") == version, f"metainfo: newest release is not {version}")
    types = xml.parse(RESOURCES / f"{ID}.xml").getroot()
    kinds = {each.get("type") for each in types}
    expect(kinds <= set(entry["MimeType"].split(";")), "file types: not all in the desktop entry")
    tool("appstreamcli", "validate", "--no-net", str(path))
    return version


def man_pages(version):
    source = (ROOT / "app/window/command_line.cpp").read_text()
    table = source[source.index("windowOptions()"):source.index("helpText(")]
    options = set(re.findall(r'"([a-z]{3,}(?:-[a-z]+)*)"', table[:table.index("};")]))
    expect(len(options) >= 15, "man page: the options of the window were not found in the source")
    page = (RESOURCES / "man/prunescope.1").read_text().replace("\\-", "-")
    for option in options:
        expect(f"--{option}" in page, f"prunescope.1: --{option} is missing")
    cli = (RESOURCES / "man/prunescope-cli.1").read_text().replace("\\-", "-")
    main = (ROOT / "app/cli/main.cpp").read_text()
    verbs = re.findall(r'\{"([a-z]+(?: [a-z]+)?)",\s*[a-zA-Z]+Verb\}', main)
    expect(len(verbs) >= 7, "man page: the verbs were not found in the source")
    for verb in verbs:
        expect(f".B {verb}\n" in cli, f"prunescope-cli.1: {verb} is missing")
    for name in ("prunescope.1", "prunescope-cli.1"):
        path = RESOURCES / "man" / name
        expect(f"PruneScope {version}" in path.read_text(), f"{name}: not of version {version}")
        if shutil.which("groff"):
            warnings = tool("groff", "-man", "-t", "-z", "-ww", "-Tutf8", str(path))
            expect(not warnings.strip(), f"{name}: {warnings.strip()}")


def completions():
    bash = RESOURCES / "completions/prunescope.bash"
    tool("bash", "-n", str(bash))
    tool("zsh", "-n", str(RESOURCES / "completions/_prunescope"))
    script = f"""source '{bash}'
        prunescope-cli() {{ printf 'Verbs:\\n  run  x\\n  prune  y\\n      --tau T  z\\n'; }}
        COMP_WORDS=(prunescope-cli pr); COMP_CWORD=1; _prunescope_complete; echo "${{COMPREPLY[*]}}"
        COMP_WORDS=(prunescope-cli prune --t); COMP_CWORD=2; _prunescope_complete; echo "${{COMPREPLY[*]}}"
        COMP_WORDS=(prunescope-cli prune --fusion wa); COMP_CWORD=3; _prunescope_complete; echo "${{COMPREPLY[*]}}" """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    expect(done.stdout.split("\n")[:3] == ["prune", "--tau", "walk"], f"bash completion: {done.stdout!r} {done.stderr}")


def install_rules():
    rules = (ROOT / "cmake/PruneScopeInstall.cmake").read_text().replace("${_id}", ID)
    for path in sorted(RESOURCES.rglob("*")):
        if path.is_file() and path.suffix not in (".ts", ".qrc"):
            expect(path.relative_to(ROOT).as_posix() in rules, f"{path.relative_to(ROOT)}: not installed")


desktop = desktop_entry()
release = metainfo(desktop)
man_pages(release)
completions()
install_rules()
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
