#!/usr/bin/env python3
"""ranking.py > ../spark_ranking.jsonl: Spark's RankingMetrics of random lists. Needs pyspark 4.3."""
import json, random
from pyspark import SparkContext
from pyspark.mllib.evaluation import RankingMetrics

random.seed(7)
context = SparkContext("local[1]", "ranking")
context.setLogLevel("ERROR")
for case in range(40):
    # Spark infers the types from the first row, so neither of its lists may be empty.
    lists = [([3, 1, 4], [1])]
    for _ in range(random.randint(1, 8)):
        catalogue = list(range(random.choice([5, 12, 30])))
        recommended = random.sample(catalogue, random.randint(0, min(len(catalogue), 14)))
        relevant = random.sample(catalogue, random.choice([0, 1, 1, 2, 3, 5]))
        lists.append((recommended, relevant))
    metrics = RankingMetrics(context.parallelize([([float(x) for x in p], [float(x) for x in l]) for p, l in lists]))
    for k in (1, 3, 5, 10, 20):
        print(json.dumps({
            "k": k, "lists": lists, "precision": metrics.precisionAt(k), "recall": metrics.recallAt(k),
            "map": metrics.meanAveragePrecisionAt(k), "ndcg": metrics.ndcgAt(k)}))
context.stop()
