"""Kills Spark's DStream with SIGKILL while it reads numbered lines, starts it again from its checkpoint, and counts the
numbers that are not in its output, and those that are there more than once. The lines of docs/SEMANTICS.md about Spark.

  kills.py [KILLS]     so many kills of each kind of input, 3 by default, at random moments of a batch

Sockets get 2,000 lines a second, and go on with the next number on the next connection. A directory gets a file of a
thousand lines every half second, also while nothing runs. PEERS_DIR is the folder for what is written."""
import collections, os, random, shutil, signal, socket, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(os.environ["PEERS_DIR"], "kills")
PATIENCE = 90


class Program:
    """The program of SparkKills.scala, with what it has said so far."""

    def __init__(self, kind, source, log):
        environment = dict(os.environ, HEAP="2g")
        if log:
            environment["LOG"] = "1"
        self.said = collections.Counter()
        self.process = subprocess.Popen(
            [f"{HERE}/scala.sh", "SparkKills", kind, str(source), f"{WORK}/checkpoint", f"{WORK}/out"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.said[line.strip()] += 1

    def wait(self, word, count):
        end = time.monotonic() + PATIENCE
        while self.said[word] < count:
            if time.monotonic() > end or self.process.poll() is not None:
                self.kill()
                sys.exit(f"Spark has said '{word}' {self.said[word]} times of {count}, and ended or was too slow")
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Lines:
    """A server that sends numbered lines to whoever connects, each once."""

    def __init__(self):
        self.sent, self.stopped = 0, False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.2)
        self.source = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.feed)

    def feed(self):
        while not self.stopped:
            try:
                connection, _ = self.server.accept()
            except TimeoutError:
                continue
            with connection:
                try:
                    while not self.stopped:
                        connection.sendall(b"".join(b"%d #tag\n" % n for n in range(self.sent, self.sent + 20)))
                        self.sent += 20
                        time.sleep(0.01)
                except OSError:
                    pass
        self.server.close()


class Directory:
    """A directory that gets files of numbered lines, each as a whole."""

    def __init__(self):
        self.sent, self.stopped = 0, False
        self.source = f"{WORK}/in"
        self.thread = threading.Thread(target=self.feed)

    def feed(self):
        while not self.stopped:
            unfinished = f"{WORK}/unfinished"
            with open(unfinished, "w") as file:
                file.writelines(f"{n} #tag\n" for n in range(self.sent, self.sent + 1000))
            os.rename(unfinished, f"{self.source}/{self.sent:09}.txt")
            self.sent += 1000
            time.sleep(0.5)


def trial(kind, log, chance):
    """One kill; returns how many numbers were sent, lost, and there more than once."""
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(f"{WORK}/in")
    os.makedirs(f"{WORK}/out")
    feeder = Lines() if kind == "socket" else Directory()
    program = Program(kind, feeder.source, log)
    program.wait("started", 1)
    feeder.thread.start()
    try:
        program.wait("wrote", 6)
        time.sleep(chance.random())
        program.kill()
        time.sleep(3)
        program = Program(kind, feeder.source, log)
        program.wait("wrote", 10)
    finally:
        feeder.stopped = True
        feeder.thread.join()
    time.sleep(6)
    program.kill()
    seen = collections.Counter()
    for name in os.listdir(f"{WORK}/out"):
        if not name.startswith("."):
            with open(f"{WORK}/out/{name}") as file:
                seen.update(int(line) for line in file)
    return feeder.sent, sum(n not in seen for n in range(feeder.sent)), sum(count > 1 for count in seen.values())


kills = int(sys.argv[1]) if len(sys.argv) > 1 else 3
for title, kind, log in [("files", "files", False), ("socket with the log", "socket", True), ("socket", "socket", False)]:
    chance = random.Random(42)
    for _ in range(kills):
        sent, lost, doubled = trial(kind, log, chance)
        print(f"{title}: of {sent:,} lines {lost:,} lost, {doubled:,} doubled", flush=True)
shutil.rmtree(WORK, ignore_errors=True)
