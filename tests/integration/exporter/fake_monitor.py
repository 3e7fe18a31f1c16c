#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stands in for weft-monitor's socket: sends a file to whoever connects. A file of the name "never" is never sent.
usage: fake_monitor.py SOCKET FILE. Prints "ready" when it serves."""
import socket
import sys

path, file = sys.argv[1:3]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(path)
listener.listen()
print("ready", flush=True)
held = []
while True:
    client, _ = listener.accept()
    if file == "never":
        held.append(client)
        continue
    with client, open(file, "rb") as stream:
        client.sendall(stream.read())
