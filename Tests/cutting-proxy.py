"""Passes connections on to a server, and cuts each of them after some seconds.

    cutting-proxy.py SERVER_PORT SECONDS    prints its own port, then a line for each connection
"""
import socket
import sys
import threading
import time

server_port, seconds = int(sys.argv[1]), float(sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    close(source, target)


def cut(*ends):
    time.sleep(seconds)
    close(*ends)


while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", server_port))
    print("connection", flush=True)
    for work, ends in ((pump, (client, server)), (pump, (server, client)), (cut, (client, server))):
        threading.Thread(target=work, args=ends, daemon=True).start()
