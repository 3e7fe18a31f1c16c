#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stands in for a dataplane's telemetry socket: greets as DPDK does and gives the answers of a file.
usage: fake_telemetry.py SOCKET ANSWERS.json. Prints "ready" when it serves."""
import contextlib
import json
import socket
import sys


def serve(client, answers):
    client.send(json.dumps({"version": "DPDK 22.11.11", "pid": 1, "max_output_len": 16384}).encode())
    while question := client.recv(1024).decode():
        command = question.split(",")[0]
        client.send(json.dumps({command: answers.get(question)}).encode())


def main():
    path, file = sys.argv[1:3]
    with open(file) as stream:
        answers = json.load(stream)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        with client, contextlib.suppress(ConnectionError):
            serve(client, answers)


main()
