#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stands in for weft-control: gives the answers of a file on a Unix socket, and records what is posted.

usage: fake_control.py SOCKET ANSWERS.json [RECORD]
An answer with a "status" is sent with that status. What the file does not have is 404, as control would say it.
RAW holds what no control answers. "events" of the file is the log of events; the file is read again for every
question about it. Prints "ready" when it serves.
"""
import http.server
import json
import os
import socketserver
import sys
import time
import urllib.parse

RAW = {
    "GET /v1/links/not-json": (200, b"<html>busy</html>"),
    "GET /v1/links/array": (200, b"[1]"),
    "GET /v1/links/deep": (200, b'{"a":' * 100000),
    "GET /v1/links/bare-error": (500, b"{}"),
}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "unix"

    def log_message(self, *unused):
        pass

    def events(self, after, wait_ms):
        """Those behind `after`; waits for one as long as control would."""
        deadline = time.monotonic() + wait_ms / 1000
        while True:
            with open(self.server.file) as file:
                found = [e for e in json.load(file)["events"] if e["sequence"] > after][:2]
            if found or time.monotonic() >= deadline:
                return {"events": found, "next": found[-1]["sequence"] if found else after}
            time.sleep(0.02)

    def answer(self, method):
        question = f"{method} {self.path}"
        address = urllib.parse.urlsplit(self.path)
        if address.path == "/v1/events":
            query = dict(urllib.parse.parse_qsl(address.query))
            return 200, json.dumps(self.events(int(query["after"]), int(query["wait_ms"]))).encode()
        if question in RAW:
            return RAW[question]
        found = dict(self.server.answers.get(question) or {
            "status": 404, "error": {"code": "unknown_path", "message": f"there is no {question}"}})
        return found.pop("status", 200), json.dumps(found).encode()

    def reply(self, method):
        status, body = self.answer(method)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply("GET")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.record:
            with open(self.server.record, "a") as record:
                record.write(f"{self.path} {json.dumps(json.loads(body), sort_keys=True)}\n")
        self.reply("POST")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    path, answers = sys.argv[1:3]
    if os.path.exists(path):
        os.unlink(path)
    server = Server(path, Answer)
    server.file = answers
    with open(answers) as file:
        server.answers = json.load(file)
    server.record = sys.argv[3] if len(sys.argv) > 3 else None
    print("ready", flush=True)
    server.serve_forever()


main()
