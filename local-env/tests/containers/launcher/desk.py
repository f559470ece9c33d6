"""A service that runs as a process: its name, or what the URL in PEER_URL answers."""

import http.server
import os
import socket
import struct
import urllib.parse
import urllib.request


def address(name):
    """The first address of a name, asked of the server in DNS_SERVER."""
    labels = b"".join(bytes([len(it)]) + it.encode() for it in name.split("."))
    question = struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    host, port = os.environ["DNS_SERVER"].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(question, (host, int(port)))
        answer = asking.recv(4096)
    # A pointer to the name, type, class, TTL and length come before it.
    return socket.inet_ntoa(answer[len(question) + 12 : len(question) + 16])


def peer():
    url = urllib.parse.urlsplit(os.environ["PEER_URL"])
    url = url._replace(netloc=f"{address(url.hostname)}:{url.port}")
    with urllib.request.urlopen(url.geturl(), timeout=5) as answer:
        return answer.read()


class Desk(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = peer() if self.path.endswith("peer") else b"this is desk\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer((os.environ["HOST"], 8080), Desk).serve_forever()
