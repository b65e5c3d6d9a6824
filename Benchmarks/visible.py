"""How long a rating takes until the next answer follows it: POST /v1/ratings and then GET, on one connection, one after the other; then
with eight writers at once. Beside it fsync of an appended 100 bytes in the same file system, a hundred times each."""
import http.client
import json
import os
import sys
import threading
import time

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]


def percentiles(times):
    times = sorted(times)
    return "p50 %.2f ms, p99 %.2f ms" % (times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3)


def fsyncs(count):
    times = []
    with open(os.path.join(FOLDER, "fsync"), "wb") as file:
        for _ in range(count):
            file.write(b"x" * 100)
            file.flush()
            begin = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begin)
    return times


def ask(connection, method, path, body=None):
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status in (200, 201), (answer.status, text)
    return json.loads(text)


def rate(user, count, times):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    for _ in range(count):
        best = ask(connection, "GET", f"/v1/users/{user}/recommendations?n=1")["items"][0]["item"]
        begin = time.perf_counter()
        ask(connection, "POST", "/v1/ratings", json.dumps({"user": user, "item": best, "rating": 4}))
        # What was rated is left out: the answer follows the rating.
        after = ask(connection, "GET", f"/v1/users/{user}/recommendations?n=1")
        times.append(time.perf_counter() - begin)
        assert after["source"] == "fold-in" and after["items"][0]["item"] != best, after


print("fsync alone:                    ", percentiles(fsyncs(300)))
single = []
rate("visible", 500, single)
print("rating to answer, one writer:   ", percentiles(single))
several = []
writers = [threading.Thread(target=rate, args=(f"visible-{number}", 200, several)) for number in range(8)]
begin = time.perf_counter()
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
print("rating to answer, eight writers:", percentiles(several), "%.0f ratings/s" % (len(several) / (time.perf_counter() - begin)))
