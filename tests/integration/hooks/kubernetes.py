# SPDX-License-Identifier: BSD-3-Clause
"""The Kubernetes hook with the real kubectl against a stand-in for the API server: over TLS, with a token, two nodes that can be looked at
and patched. A host that is faulty is annotated and cordoned, and uncordoned when that is over; a link, or a suspicion, changes nothing;
a server that refuses, or is not who it says it is, is an error.
usage: kubernetes.py HOOK"""
import base64
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

CERTIFICATES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../certificates")
TOKEN = "secret-of-weft"
NODES = "/api/v1/nodes/"
PATCHES = {"application/strategic-merge-patch+json", "application/merge-patch+json"}
DISCOVERY = {
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "shortNames": ["no"],
         "verbs": ["get", "list", "patch"]}]},
}


class Server(http.server.ThreadingHTTPServer):
    """Nodes, what has been asked for and what was wrong with it."""
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Call)
        self.nodes = {n: {"apiVersion": "v1", "kind": "Node", "metadata": {"name": n, "annotations": {}}, "spec": {}}
                      for n in ("host0", "host1")}
        self.patched, self.wrong, self.refuses = [], [], False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that does not believe the certificate hangs up


def merge(into, patch):
    """RFC 7396, which a strategic merge patch of these fields equals."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


class Call(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, code, reason):
        self.answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason})

    def is_allowed(self):
        allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
        if not allowed:
            self.refuse(401, "Unauthorized")
        return allowed

    def do_GET(self):
        path = self.path.split("?")[0]
        if not self.is_allowed():
            return
        if path in DISCOVERY:
            self.answer(200, DISCOVERY[path])
        elif path.removeprefix(NODES) in self.server.nodes:
            self.answer(200, self.server.nodes[path.removeprefix(NODES)])
        else:
            self.refuse(404, "NotFound")

    def do_PATCH(self):
        patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        node = self.server.nodes.get(self.path.split("?")[0].removeprefix(NODES))
        if not self.is_allowed():
            return
        if node is None or self.headers["Content-Type"] not in PATCHES:
            self.server.wrong.append((self.path, self.headers["Content-Type"]))
            self.refuse(415, "UnsupportedMediaType")
        elif self.server.refuses:
            self.refuse(403, "Forbidden")
        else:
            merge(node, patch)
            self.server.patched.append(node["metadata"]["name"])
            self.answer(200, node)

    def log_message(self, *_):
        pass


def write_kubeconfig(folder, server, authority, token=TOKEN):
    with open(f"{folder}/{authority}.pem", "rb") as file:
        data = base64.b64encode(file.read()).decode()
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "weft",
              "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{server.server_port}", "certificate-authority-data": data}}],
              "users": [{"name": "weft", "user": {"token": token}}],
              "contexts": [{"name": "weft", "context": {"cluster": "c", "user": "weft"}}]}
    with open(f"{folder}/config", "w") as out:
        json.dump(config, out)


def run(hook, folder, **verdict):
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "KUBECONFIG": f"{folder}/config"}
    text = json.dumps({"id": 7, "kind": "straggler", "state": "confirmed", **verdict})
    ended = subprocess.run([hook], input=text, text=True, capture_output=True, env=environment)
    return ended.returncode, ended.stderr


def story(hook, folder):
    subprocess.run([CERTIFICATES, folder, "server=127.0.0.1", "stranger=127.0.0.1"], check=True)
    server = Server(folder)
    write_kubeconfig(folder, server, "server")

    def cordoned():
        return [name for name, node in server.nodes.items() if node["spec"].get("unschedulable")]

    assert run(hook, folder, kind="black_hole", link="leaf0-spine1") == (0, "") and not server.patched
    assert run(hook, folder, host="host1", state="suspected") == (0, "") and not server.patched
    status, said = run(hook, folder, host="host1")
    assert status == 0 and cordoned() == ["host1"], said
    assert server.nodes["host1"]["metadata"]["annotations"] == {"weft/verdict": "7 straggler"}, server.nodes
    status, said = run(hook, folder, kind="never_entered", rank_hosts=["host0", "host1"])
    assert status == 0 and cordoned() == ["host0", "host1"], said
    status, said = run(hook, folder, host="host1", state="cleared")
    assert status == 0 and cordoned() == ["host0"] and not server.wrong, (said, server.wrong)

    for authority, token, refuses in (("stranger", TOKEN, False), ("server", "wrong", False), ("server", TOKEN, True)):
        write_kubeconfig(folder, server, authority, token)
        server.refuses, before = refuses, len(server.patched)
        status, said = run(hook, folder, host="host1")
        assert status != 0 and said and len(server.patched) == before and cordoned() == ["host0"], (authority, token, said)
    print("host1 cordoned and uncordoned, as kubectl does it")


for program in ("kubectl", "jq", "openssl"):
    if not shutil.which(program):
        print(f"needs {program} (Debian: {'kubernetes-client' if program == 'kubectl' else program})")
        sys.exit(77)
with tempfile.TemporaryDirectory() as place:
    story(os.path.realpath(sys.argv[1]), place)
