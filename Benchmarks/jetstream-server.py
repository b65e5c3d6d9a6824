#!/usr/bin/env python3
"""A local server that speaks Bluesky's Jetstream without TLS, for benchmarks: made-up posts, as fast as they are read
or at a rate, on each connection from its cursor on.

    Benchmarks/jetstream-server.py PORT COUNT [RATE]    COUNT events; RATE a second, 0 for as fast as they are read
"""
import base64, hashlib, socket, struct, sys, threading, time

FIRST, STEP = 1_790_000_000_000_000, 20
port, count, rate = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0


def frame(number):
    text = (
        f'{{"did":"did:plc:w4yn6q2rrrgxs3tyd2j{number % 50021:05}","time_us":{FIRST + number * STEP},"kind":"commit",'
        f'"commit":{{"rev":"3l3qo2vut{number:07}","operation":"create","collection":"app.bsky.feed.post",'
        f'"rkey":"3l3qo2vuo{number:07}","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-09-21T14:13:20.264Z",'
        f'"langs":["en"],"text":"a post of a usual length, some words about #topic{number * number % 1009} and then '
        f'#k{number % 7} with a little more to read before it ends","facets":['
        f'{{"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"topic{number * number % 1009}"}}],'
        f'"index":{{"byteEnd":53,"byteStart":43}}}},'
        f'{{"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"k{number % 7}"}}],'
        f'"index":{{"byteEnd":66,"byteStart":63}}}}]}},'
        f'"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"}}}}'
    ).encode()
    return struct.pack("!BBH", 0x81, 126, len(text)) + text


def serve(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head = request.decode().split("\r\n")
    key = next(line.split(": ")[1] for line in head if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    connection.sendall(
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    cursor = head[0].partition("cursor=")[2].split("&")[0].split(" ")[0]
    first = max(0, (int(cursor) - FIRST + STEP - 1) // STEP) if cursor else 0
    begin, start = time.monotonic(), first
    try:
        while first < count:
            end = count
            if rate:
                end = min(count, start + int((time.monotonic() - begin) * rate))
                if end <= first:
                    time.sleep(0.005)
                    continue
            # Whole chunks, so that most of the time goes into sending.
            end = min(end, first + 5000)
            connection.sendall(b"".join(frames[first:end]))
            first = end
        connection.recv(1)
    except OSError:
        pass


frames = [frame(number) for number in range(count)]
listener = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
