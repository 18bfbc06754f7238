"""What arrays of predictions say: how much of an error is variance, and what changes it.

NumPy, and SciPy where a distribution is needed; no torch, no files, no sentences. Usable alone.

- `decomposition` and `zero_one` split a loss into bias+noise and variance; `jackknife` corrects the
  variance for few replicas.
- `intervals` and `sources` give confidence intervals, `arm_loss` joins two kinds of replicas, and
  `clusters` takes test points in groups.
"""
