"""Runs programs, and keeps what they measured."""
import json, os, platform, re, signal, subprocess, sys, time

PEERS = os.environ["PEERS_DIR"]
BENCH = ".build-bench/release/swiftwater-bench"
RECOMMENDER = ".build-bench/release/swiftwater-bench-recommender"
PYTHON = os.path.join(PEERS, "venv/bin/python")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Run:
    """A program that has ended: its output, seconds, and the most memory of its process, in MB."""

    def __init__(self, *command, **variables):
        command = [str(word) for word in command]
        say("    " + " ".join(os.path.basename(word) if "/" in word else word for word in command)[:110])
        begin = time.monotonic()
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **variables})
        self.output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.seconds, self.peak = time.monotonic() - begin, usage.ru_maxrss // 1024
        if child.returncode != 0:
            sys.exit(f"failed with {child.returncode}: {' '.join(command)}\n{self.output[-2000:]}")

    def numbers(self, pattern):
        """The numbers of each line that has the pattern, a list for each line. At least one has to have it."""
        found = [
            [float(value.replace(",", "")) for value in match.groups()] for match in re.finditer(pattern, self.output)]
        if not found:
            sys.exit(f"no line has '{pattern}' in:\n{self.output[-2000:]}")
        return found

    def objects(self):
        """The JSON objects among the lines."""
        lines = (line[line.index("{"):] for line in self.output.splitlines() if "{" in line)
        return [json.loads(line) for line in lines if line.rstrip().endswith("}")]


class Feeder:
    """Feeds a socket with posts at a rate, while it is held."""

    PORT = 15990

    def __init__(self, posts, rates, marks=False):
        self.command = [os.path.join(PEERS, "feeder"), str(self.PORT), posts, rates] + (["--mark"] if marks else [])

    def __enter__(self):
        self.child = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        time.sleep(0.5)

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()


class Results:
    """All values that were measured: of each section, each task of it, each program, and each round."""

    def __init__(self, is_quick):
        self.is_quick = is_quick
        self.rows, self.curves = [], []

    def add(self, section, task, program, unit, values, memory=None, kind="peer"):
        """Adds rounds. `kind` is `own`, `peer`, or `limit` for a program that does less than the task."""
        for row in self.rows:
            if (row["section"], row["task"], row["program"]) == (section, task, program):
                break
        else:
            row = dict(section=section, task=task, program=program, unit=unit, kind=kind, memory=None, values=[])
            self.rows.append(row)
        row["values"] += [float(f"{value:.4g}") for value in values]
        if memory is not None:
            row["memory"] = max(row["memory"] or 0, int(memory))

    def own(self, section, task, program, unit, values, memory=None):
        self.add(section, task, program, unit, values, memory, "own")

    def limit(self, section, task, program, unit, values, memory=None):
        self.add(section, task, program, unit, values, memory, "limit")

    def curve(self, plot, name, points):
        self.curves.append(dict(plot=plot, name=name, points=[[float(f"{v:.5g}") for v in p] for p in points]))


def first_line(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.splitlines()[0]


def machine():
    """What the figures depend on: processor, memory, system, and the versions of all that was run."""
    with open("/proc/cpuinfo") as file:
        info = file.read()
    model = re.search(r"model name\s*: (.*)", info)
    flags = re.search(r"flags\s*: (.*)", info)
    wide = next((name for name in ("avx512f", "avx2") if flags and name in flags[1].split()), "no AVX")
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"MemTotal:\s+(\d+)", file.read())[1]) / 1e6
    with open("/etc/os-release") as file:
        system = re.search(r'PRETTY_NAME="(.*)"', file.read())[1]
    names = "pyspark numpy scipy polars duckdb cmfrec implicit".split()
    versions = json.loads(
        subprocess.run(
            [PYTHON, "-c",
             f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names!r}}}))"],
            check=True, stdout=subprocess.PIPE, text=True).stdout)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"], stdout=subprocess.PIPE, text=True).stdout
    # The page and its plots are what the run writes.
    changed = [line for line in changed.splitlines() if not line[3:].startswith(("docs/", "Benchmarks/results.json"))]
    return dict(
        processor=f"{model[1] if model else platform.machine()}, {wide}", cores=len(os.sched_getaffinity(0)),
        memoryGB=round(memory, 1), system=f"{system}, Linux {platform.release().split('-')[0]}",
        swift=first_line("swift", "--version"), java=first_line("java", "-version"),
        c=first_line("cc", "--version"), python=platform.python_version(), versions=versions,
        commit=first_line("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        date=time.strftime("%Y-%m-%d", time.gmtime()))
