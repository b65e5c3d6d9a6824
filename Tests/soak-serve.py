"""Sends four hours' worth of events through `swiftwater serve` in minutes: 5.76 million posts (400 a second) and
14,400 ratings, with 20 pages that listen, one of which never reads. The first hour fills windows and baselines. After
that, memory must be flat: the maximum of the last hour may exceed that of the second hour by at most a tenth.

    Tests/soak-serve.py SWIFTWATER_PROGRAM
"""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

with socket.socket() as chosen:
    chosen.bind(("127.0.0.1", 0))
    PORT = chosen.getsockname()[1]
POSTS, PIECE = 5_760_000, 2_000
program = sys.argv[1]
folder = tempfile.mkdtemp()
server = subprocess.Popen(
    [program, "serve", "--demo", "--port", str(PORT), "--state", folder + "/state", "--batch", "1s", "--window", "5s", "--window", "15s"],
    stdout=subprocess.DEVNULL)


def resident():
    with open(f"/proc/{server.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def ask(method, path, body=None, kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    connection.request(method, path, body, {"content-type": kind} if body else {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def listen():
    page = socket.create_connection(("127.0.0.1", PORT))
    page.sendall(b"GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
    return page


try:
    for _ in range(200):
        try:
            if ask("GET", "/readyz")[0] == 200:
                break
        except OSError:
            pass
        time.sleep(0.1)
    pages = [listen() for _ in range(20)]
    chance = random.Random(5)
    tags = ["#t%d" % number for number in range(20_000)]
    weights = [1 / (number + 8) for number in range(len(tags))]
    samples, begin, sent, ratings = [], time.time(), 0, 0
    while sent < POSTS:
        drawn = chance.choices(tags, weights, k=PIECE)
        lines = "".join(
            '{"id_str":"%d","text":"a post about %s and more","user":{"id_str":"%d"}}\n' % (sent + number, tag, chance.randrange(200_000))
            for number, tag in enumerate(drawn))
        status, answer = ask("POST", "/v1/posts", lines, "application/x-ndjson")
        if status == 503:
            time.sleep(0.1)
            continue
        assert status == 202, (status, answer)
        sent += PIECE
        for _ in range(PIECE // 400):
            user = "soak-%d" % chance.randrange(300)
            best = json.loads(ask("GET", f"/v1/users/{user}/recommendations?n=5")[1])["items"]
            status, answer = ask("POST", "/v1/ratings", json.dumps({"user": user, "item": chance.choice(best)["item"], "rating": 3.5}))
            assert status == 201, (status, answer)
            ratings += 1
        for page in pages[1:]:
            page.setblocking(False)
            try:
                while page.recv(1 << 20):
                    pass
            except BlockingIOError:
                pass
        samples.append(resident())
    quarter = len(samples) // 4
    second, last = max(samples[quarter:2 * quarter]), max(samples[3 * quarter:])
    print(f"{sent:,} posts and {ratings:,} ratings in {time.time() - begin:.0f} s; resident MB by quarters: "
          + ", ".join(f"{max(samples[index * quarter:(index + 1) * quarter]):.0f}" for index in range(4)))
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
    assert last <= 1.1 * second, "memory grows"
finally:
    server.kill()
