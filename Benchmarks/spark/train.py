"""The job of `swiftwater train --master` as a PySpark program over Spark Connect.

    train.py sc://HOST:PORT RATINGS.csv [ITERATIONS]

Reads the ratings, keeps one of repeated ones (any one: the last takes more), splits, trains rank 10, and prints counts and RMSE.
"""
import sys
import time
import warnings

warnings.filterwarnings("ignore")
begin = time.time()
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
rows = spark.read.csv(sys.argv[2], header=True, schema="userId INT, movieId INT, rating FLOAT, timestamp LONG")
ratings = rows.select("userId", "movieId", "rating").dropna().dropDuplicates(["userId", "movieId"])
found = ratings.agg(F.count("*"), F.countDistinct("userId"), F.countDistinct("movieId")).first()
print("%d ratings by %d users of %d items" % tuple(found))
train, validation, test = ratings.randomSplit([0.6, 0.2, 0.2], seed=42)
print("split:", train.count(), validation.count(), test.count())
before = time.time()
als = ALS(
    rank=10, maxIter=int(sys.argv[3]) if len(sys.argv) > 3 else 10, regParam=0.1, seed=42, userCol="userId",
    itemCol="movieId", ratingCol="rating", coldStartStrategy="drop")
model = als.fit(train)
print("trained in %.2f s" % (time.time() - before))
evaluator = RegressionEvaluator(labelCol="rating", predictionCol="prediction", metricName="rmse")
for name, part in [("validation", validation), ("test", test)]:
    print(name, "RMSE %.4f" % evaluator.evaluate(model.transform(part)))
spark.stop()
print("total %.2f s" % (time.time() - begin))
