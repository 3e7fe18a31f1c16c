#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is shipped in tools/deploy fits what weft-exporter gives: every metric that rules and dashboards use exists, every metric
that exists is in the exporter's README, every expression parses, every example configuration is taken.
usage: deploy.py ROOT-FOLDER WEFT-EXPORTER"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root, exporter = pathlib.Path(sys.argv[1]), sys.argv[2]
deploy, source = root / "tools/deploy", root / "tools/exporter"
problems = []

# Not those of recording rules, which have a colon before.
NAME = re.compile(r"(?<![\w:])fabric_[a-z0-9_]+(?!:)")
defined = {name for file in source.glob("*.c") for name in re.findall(r'"(fabric_[a-z0-9_]+)"', file.read_text())}
recorded = set(re.findall(r"record: (\S+)", (deploy / "prometheus/weft-recording.rules.yml").read_text()))


def expressions_of(panel):
    return [target["expr"] for target in panel.get("targets", [])]


def base_name(name):
    return name if name in defined else re.sub(r"_(bucket|sum|count)$", "", name)


boards = {file: json.loads(file.read_text()) for file in sorted((deploy / "grafana").glob("*.json"))}
expressions = [(file.name, e) for file, board in boards.items() for panel in board["panels"] for e in expressions_of(panel)]
expressions += [(file.name, a["expr"]) for file, board in boards.items() for a in board["annotations"]["list"]]

texts = [(file.name, file.read_text()) for file in (deploy / "prometheus").glob("*.rules.yml")]
for name, text in expressions + texts:
    problems += [f"{name}: {m} is no metric" for m in NAME.findall(text) if base_name(m) not in defined]
    problems += [f"{name}: {m} is not recorded" for m in re.findall(r"\b\w+:fabric_\w+:\w+", text) if m not in recorded]

readme = (source / "README.md").read_text()
problems += [f"README.md lacks {name}" for name in sorted(defined) if f"`{name}`" not in readme]
problems += [f"README.md has {name}, which is no metric" for name in re.findall(r"^\| `(fabric_\w+)`", readme, re.M) if name not in defined]

for file, board in boards.items():
    places = set()
    for panel in board["panels"]:
        g = panel["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        if places & cells or g["x"] + g["w"] > 24:
            problems.append(f"{file.name}: {panel['title']} lies on another panel")
        places |= cells

if len(defined) < 40 or len(expressions) < 50:
    problems.append(f"only {len(defined)} metrics and {len(expressions)} expressions were found")

if shutil.which("promtool"):
    rules = [{"record": f"dashboard:expression:{i}".replace(":", "_"), "expr": re.sub(r"\$\w+", "x", e)} for i, (_, e) in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        checked = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        if checked.returncode != 0:
            problems.append(checked.stderr)
    checked = subprocess.run(["promtool", "check", "config", deploy / "prometheus/prometheus.yml"], capture_output=True, text=True)
    if checked.returncode != 0:
        problems.append(checked.stderr)

for config in sorted((deploy / "etc").glob("exporter-[!w]*.yaml")):
    checked = subprocess.run([exporter, config, "--check-config"], capture_output=True, text=True)
    if checked.returncode != 0:
        problems.append(checked.stderr)
with tempfile.TemporaryDirectory() as folder:
    config = pathlib.Path(folder) / "exporter.yaml"
    config.write_text(f"web_config: {deploy}/etc/exporter-web.yaml\nmonitor: {{socket: /run/weft/monitor.sock}}\n")
    checked = subprocess.run([exporter, config, "--check-config"], capture_output=True, text=True)
    if checked.returncode != 0:
        problems.append(checked.stderr)

print("\n".join(problems))
sys.exit(1 if problems else 0)
