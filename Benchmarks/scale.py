"""Measures what grows with the size of the work, and how: each slope is fitted on three small sizes and checked by one
run at ten times the largest of them. Prints the tables of docs/SCALE.md, and the same as JSON.

  scale.py PROGRAM FOLDER [NAME ...]   runs all measurements, or those that are named, with data made in FOLDER

Only the program that is measured may run. Needs nothing but Python."""
import json, os, random, subprocess, sys, tempfile, time, urllib.request

program, folder = sys.argv[1], sys.argv[2]
wanted = sys.argv[3:]
cores = len(os.sched_getaffinity(0))


def run(*arguments):
    """Runs the program; returns seconds, the most memory in bytes, and what it printed."""
    begin = time.monotonic()
    child = subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        sys.exit(f"failed: {program} {' '.join(map(str, arguments))}")
    return time.monotonic() - begin, usage.ru_maxrss * 1024, output.decode()


def make(name, write):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        with open(path + ".part", "w") as file:
            write(file)
        os.rename(path + ".part", path)
    return path


def head(source, lines, extra=0):
    """A file of the first lines of another one, and `extra` for its header."""
    path = f"{source}.{lines}"
    if not os.path.exists(path):
        with open(source) as all, open(path + ".part", "w") as file:
            for number, line in enumerate(all):
                if number == lines + extra:
                    break
                file.write(line)
        os.rename(path + ".part", path)
    return path


def generated(kind, preset, *more):
    name = os.path.join(folder, f"{kind}-{preset}{'-'.join(more)}")
    if not os.path.exists(name):
        run("generate", kind, "--preset", preset, "--out", name, *more)
    return name


def line(points):
    """The line through points by least squares: what it is at 0, and its slope."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return mean_y - slope * mean_x, slope


def posts(count):
    source = generated("posts", "10m")
    path = source if count == 10_000_000 else head(source, count)
    seconds, memory, _ = run("trends", "--source", f"file:{path}", "--master", "local[1]", "--json", "--top", 1)
    return seconds, memory


def evidence(count):
    source = generated("posts", "10m", "--format", "ndjson")
    path = head(source, count)
    seconds, memory, _ = run(
        "trends", "--source", f"file:{path}", "--master", "local[1]", "--event-time", "--window", "10m", "--by", "burst",
        "--json", "--top", 1)
    return seconds, memory


def keys(count, *options):
    path = make(f"keys-{count}", lambda file: file.writelines(f"a post about #key{n}\n" for n in range(count)))
    seconds, memory, _ = run(
        "trends", "--source", f"file:{path}", "--keys-max", 10**9, "--master", "local[1]", "--json", "--top", 1, *options)
    return seconds, memory


def train(path, rank, threads):
    seconds, memory, output = run(
        "train", path, "--rank", rank, "--max-iterations", 5, "--split", "100", "--threads", threads, "--json")
    # The training without the reading.
    return json.loads(output)["seconds"], memory


def ratings(count, rank):
    source = generated("ratings", "25m") + "/ratings.csv"
    return train(source if count == 25_000_000 else head(source, count, 1), rank, 1)


def few_ratings(count):
    """A file of five ratings for each of some users."""
    def write(file):
        chance = random.Random(7)
        file.write("userId,movieId,rating\n")
        for start in range(0, count, 1000):
            draws = [chance.random() for _ in range(5000)]
            file.write("".join(
                f"{start + place // 5},{int(50_000 * draw * draw)},{place % 10 / 2 + 0.5}\n"
                for place, draw in enumerate(draws)))

    return make(f"users-{count}", write)


def users(count):
    return train(few_ratings(count), 10, cores)


def trained(users):
    """A model of so many users."""
    model = os.path.join(folder, f"model-{users}")
    if not os.path.exists(model):
        run("train", few_ratings(users), "--split", "100", "--max-iterations", 2, "--out", model)
    return model


def serve(model, work, *options):
    """Seconds until a server of the model is ready and for what `work` does with its URL, and the server's memory."""
    begin = time.monotonic()
    server = subprocess.Popen(
        [program, "serve", "--model", model, "--port", "0", "--json", *options], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    try:
        url = json.loads(server.stdout.readline())["url"]
        ready = time.monotonic()
        work(url)
        done = time.monotonic()
        with open(f"/proc/{server.pid}/status") as status:
            kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    finally:
        server.terminate()
        server.wait()
    return ready - begin, done - ready, kilobytes * 1024


def served(count):
    """The time until the server is ready, and its memory after an answer."""
    ready, _, memory = serve(
        trained(count), lambda url: urllib.request.urlopen(f"{url}v1/users/5/recommendations").read())
    return ready, memory


def live(count):
    """The time until the server has acknowledged ratings, a thousand in a request, each of another user and film."""
    users, at_once = 100_000, 1_000

    def rate(url):
        for start in range(0, count, at_once):
            ratings = [
                {"user": str(n % users), "item": str((n + 37 * (n // users)) % 1_000), "rating": n % 10 / 2 + 0.5}
                for n in range(start, start + at_once)]
            body = json.dumps({"ratings": ratings}).encode()
            urllib.request.urlopen(
                urllib.request.Request(f"{url}v1/ratings", body, {"content-type": "application/json"})).read()

    with tempfile.TemporaryDirectory(dir=folder) as state:
        _, seconds, memory = serve(trained(users), rate, "--state", state)
    return seconds, memory


MEASUREMENTS = {
    "posts": ("plain posts, counts", "post", [250_000, 500_000, 1_000_000], posts),
    "evidence": ("posts as JSON, by event time, bursts", "post", [50_000, 100_000, 200_000], evidence),
    "keys": ("distinct keys in a window, counts", "key", [100_000, 200_000, 400_000], keys),
    "details": ("distinct keys in a window, with details", "key", [100_000, 200_000, 400_000],
                lambda count: keys(count, "--details")),
    "rank10": ("ratings, rank 10", "rating", [625_000, 1_250_000, 2_500_000], lambda count: ratings(count, 10)),
    "rank64": ("ratings, rank 64", "rating", [625_000, 1_250_000, 2_500_000], lambda count: ratings(count, 64)),
    "users": ("users with 5 ratings each, rank 10, all cores", "user", [100_000, 200_000, 400_000], users),
    "served": ("users of a served model, rank 10", "user", [100_000, 200_000, 400_000], served),
    "live": ("live ratings, over HTTP", "rating", [100_000, 200_000, 400_000], live),
}

results = {}
for name, (title, unit, sizes, measure) in MEASUREMENTS.items():
    if wanted and name not in wanted:
        continue
    measure(sizes[0])
    points = [(size, *(min(values) for values in zip(*(measure(size) for _ in range(3))))) for size in sizes]
    large = 10 * sizes[-1]
    seconds, memory = measure(large)
    result = {"title": title, "unit": unit, "sizes": sizes, "large": large, "points": points}
    for place, quantity, found in [(1, "seconds", seconds), (2, "bytes", memory)]:
        start, slope = line([(point[0], point[place]) for point in points])
        result[quantity] = {
            "start": start, "slope": slope, "predicted": start + slope * large, "measured": found,
            "ratio": found / (start + slope * large)}
    results[name] = result
    print(
        f"{title}: {result['seconds']['slope'] * 1e9:.0f} ns and {result['bytes']['slope']:.0f} bytes a {unit}; "
        f"{large}: {result['seconds']['predicted']:.2f} s predicted, {seconds:.2f} measured, "
        f"{result['bytes']['predicted'] / 1e6:.0f} MB predicted, {memory / 1e6:.0f} measured", file=sys.stderr, flush=True)

print("| work | fitted on | slope | at ten times | predicted | measured |")
print("|---|---|---|---|---|---|")
for result in results.values():
    time_, memory = result["seconds"], result["bytes"]
    print(
        f"| {result['title']} | {result['sizes'][0]:,} to {result['sizes'][-1]:,} "
        f"| {time_['slope'] * 1e9:,.0f} ns, {memory['slope']:,.0f} bytes a {result['unit']} | {result['large']:,} "
        f"| {time_['predicted']:.2f} s, {memory['predicted'] / 1e6:,.0f} MB "
        f"| {time_['measured']:.2f} s, {memory['measured'] / 1e6:,.0f} MB |")
with open(os.path.join(folder, "scale.json"), "w") as file:
    json.dump(results, file, indent=1)
