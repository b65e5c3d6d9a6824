#!/usr/bin/env python3
"""record.py > implicit_als.json: the factors that the library implicit (0.7) computes for a matrix from given initial
item factors, solved exactly, after one and three iterations. Every row and column has four entries, so that implicit's
regularization, which is not multiplied by their number, is ours times four."""
import json
import numpy as np, scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares

rng = np.random.default_rng(3)
size, entries, rank, regularization, alpha = 15, 4, 5, 0.08, 2.5
rows, columns = zip(*[(u, (u * 2 + k * k + k) % size) for u in range(size) for k in range(entries)])
assert all(list(columns).count(c) == entries for c in range(size)) and len(set(zip(rows, columns))) == size * entries
values = np.round(rng.uniform(0.5, 5, len(rows)) * 2) / 2
start = rng.normal(0, 0.3, (size, rank)).astype(np.float32)
result = {"rank": rank, "regularization": regularization, "alpha": alpha, "start": start.tolist(),
          "ratings": [[int(u), int(i), float(v)] for u, i, v in zip(rows, columns, values)], "fits": []}
matrix = sparse.csr_matrix(((1 + alpha * values).astype(np.float32), (rows, columns)), shape=(size, size))
for iterations in (1, 3):
    model = AlternatingLeastSquares(factors=rank, regularization=regularization * entries, alpha=1.0, iterations=iterations,
                                    use_cg=False, num_threads=1, dtype=np.float64)
    model.item_factors = start.astype(np.float64).copy()
    model.user_factors = np.zeros((size, rank))
    model.fit(matrix, show_progress=False)
    result["fits"].append({"iterations": iterations, "users": model.user_factors.tolist(), "items": model.item_factors.tolist()})
print(json.dumps(result))
