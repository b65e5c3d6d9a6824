"""read_polars.py FILE: reads the columns of a file of ratings with Polars, five times."""
import sys, time

import polars

schema = {"userId": polars.Int32, "movieId": polars.Int32, "rating": polars.Float32, "timestamp": polars.Int64}
for _ in range(5):
    begin = time.perf_counter()
    polars.read_csv(sys.argv[1], schema=schema)
    print(f"{time.perf_counter() - begin:.3f} s", flush=True)
